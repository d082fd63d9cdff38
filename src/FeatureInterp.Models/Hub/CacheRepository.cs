namespace FeatureInterp.Models;

/// <summary>
/// One repository's folder in the Hugging Face cache: <c>refs/REVISION</c> holds a commit, <c>snapshots/COMMIT/FILE</c> links to <c>blobs/ETAG</c>,
/// <c>.no_exist/COMMIT/FILE</c> marks a file known not to be there.
/// </summary>
/// <param name="root">The cache's root.</param>
/// <param name="name">The repository.</param>
internal sealed class CacheRepository(string root, HubName name)
{
    private const int MaxEtag = 128;
    private const int MaxRef = 1 << 10;

    public HubName Name => name;

    public string Folder { get; } = Path.Combine(root, name.CacheFolder);

    public string Blobs => Path.Combine(Folder, "blobs");

    public string Snapshots => Path.Combine(Folder, "snapshots");

    public string Refs => Path.Combine(Folder, "refs");

    public string Blob(string etag) => Path.Combine(Blobs, Checked(etag));

    /// <summary>What a download writes to until it is complete and checked.</summary>
    public string Partial(string etag) => Blob(etag) + ".incomplete";

    public string Lock(string etag) => Path.Combine(root, ".locks", name.CacheFolder, Checked(etag) + ".lock");

    public string Snapshot(string commit) => HubPath.Below(Snapshots, Checked(commit));

    public string SnapshotFile(string commit, string file) => HubPath.Below(Snapshot(commit), file);

    /// <summary>Whether a commit's snapshot has a file already: as a link to its blob, or where there are no links as the file itself.</summary>
    public bool Has(string commit, RemoteFile file)
    {
        var there = new FileInfo(SnapshotFile(commit, file.Path));
        return there.Exists && (there.LinkTarget is null ? file.Size is null || there.Length == file.Size : File.Exists(Blob(file.ETag)));
    }

    /// <summary>The bytes of a file that are there, whole or in part.</summary>
    public long BytesOf(string commit, RemoteFile file)
    {
        if (Has(commit, file) || File.Exists(Blob(file.ETag)))
            return file.Size ?? 0;
        var partial = new FileInfo(Partial(file.ETag));
        return partial.Exists ? Math.Min(partial.Length, file.Size ?? long.MaxValue) : 0;
    }

    /// <summary>The commit of a revision: itself when there is a snapshot of that name, else what the ref says; null when neither is there.</summary>
    public string? CommitOf(string revision)
    {
        if (HubName.IsCommit(revision) && Directory.Exists(Snapshot(revision)))
            return revision;
        try
        {
            var file = HubPath.Below(Refs, revision);
            if (!LinkedFile.Exists(file) || LinkedFile.Length(file) > MaxRef)
                return null;
            var commit = File.ReadAllText(file).Trim();
            return IsSafe(commit) && Directory.Exists(Snapshot(commit)) ? commit : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Every ref with its commit, for lists.</summary>
    public IEnumerable<(string Revision, string Commit)> AllRefs()
    {
        if (!Directory.Exists(Refs))
            yield break;
        foreach (var file in Directory.EnumerateFiles(Refs, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var revision = Path.GetRelativePath(Refs, file).Replace(Path.DirectorySeparatorChar, '/');
            if (HubPath.Fault(revision) is null && CommitOf(revision) is { } commit)
                yield return (revision, commit);
        }
    }

    /// <summary>Makes a revision point at a commit, in one step.</summary>
    public void WriteRef(string revision, string commit)
    {
        if (HubName.IsCommit(revision))
            return;
        var path = HubPath.Below(Refs, revision);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // Two clients of one process may be here at once.
        var temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        File.WriteAllText(temporary, commit);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Notes, as Python's tools do, that a commit has no such file, so that nobody has to ask again.</summary>
    public void WriteNoExist(string commit, string file)
    {
        var path = HubPath.Below(Path.Combine(Folder, ".no_exist", Checked(commit)), file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!File.Exists(path))
            File.WriteAllBytes(path, []);
    }

    /// <summary>An ETag or commit as part of a path.</summary>
    /// <exception cref="HubException">It could leave the folder or is longer than any hash.</exception>
    private static string Checked(string hash) => IsSafe(hash)
        ? hash
        : throw new HubException(HubFault.Protocol, $"The hub names a file's content '{HubName.Shown(hash)}', which is no hash a cache could keep it under; check HF_ENDPOINT.");

    private static bool IsSafe(string hash) =>
        hash.Length is > 0 and <= MaxEtag && hash.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
