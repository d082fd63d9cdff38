namespace FeatureInterp.Models;

/// <summary>How far a download is. All files of one pull are counted together.</summary>
/// <param name="File">The file something was just done for.</param>
/// <param name="BytesDone">Bytes on this machine, those of earlier, interrupted pulls included.</param>
/// <param name="BytesTotal">Bytes of all files; null when the hub does not say how long one of them is.</param>
/// <param name="BytesPerSecond">The mean speed over the last ten seconds; null before there is one.</param>
/// <param name="TimeLeft">(total − done) / speed; null when either is not known.</param>
/// <param name="Note">A sentence about what is being waited for or done again; null when bytes simply arrive.</param>
public sealed record DownloadProgress(string File, long BytesDone, long? BytesTotal, double? BytesPerSecond, TimeSpan? TimeLeft, string? Note);
