namespace FeatureInterp.Models;

/// <summary>What a pull left in the cache.</summary>
/// <param name="Name">The repository.</param>
/// <param name="Commit">The commit its revision stands for.</param>
/// <param name="Folder">The snapshot's folder.</param>
/// <param name="Files">The paths of the files below it, in order.</param>
/// <param name="BytesTotal">The bytes of all of them, as far as the hub says how long they are.</param>
/// <param name="BytesFetched">The bytes that came over the network this time.</param>
public sealed record PullResult(HubName Name, string Commit, string Folder, IReadOnlyList<string> Files, long BytesTotal, long BytesFetched);
