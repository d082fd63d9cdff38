namespace FeatureInterp.Models;

/// <summary>A file on the hub, as a HEAD request describes it.</summary>
/// <param name="Path">Its path in the repository.</param>
/// <param name="Address">Where it is asked for; pinned to a commit.</param>
/// <param name="ETag">The hub's name for its content.</param>
/// <param name="Size">Its length in bytes; null when the hub does not say.</param>
internal sealed record RemoteFile(string Path, Uri Address, string ETag, long? Size);
