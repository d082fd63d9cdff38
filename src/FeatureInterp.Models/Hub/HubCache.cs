namespace FeatureInterp.Models;

/// <summary>One revision of a model in the cache.</summary>
/// <param name="Name">The repository, as <c>org/name</c>.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Revisions">The branches and tags that point at it; empty when none does any more.</param>
/// <param name="Folder">The snapshot's folder, which holds the files under their names.</param>
public sealed record CachedModel(HubName Name, string Commit, IReadOnlyList<string> Revisions, string Folder);

/// <summary>The Hugging Face cache, read without a network. Python's tools and this program share one copy of every file in it.</summary>
/// <param name="root">Its root, see <see cref="HubSettings.CacheFolder"/>. It need not exist.</param>
public sealed class HubCache(string root)
{
    /// <summary>The root.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>The snapshot of a name's revision.</summary>
    /// <param name="name">The repository and the revision; <c>main</c> when none is given.</param>
    /// <returns>The snapshot, which may lack files when a download was interrupted; null when there is none.</returns>
    public CachedModel? Find(HubName name)
    {
        var repository = new CacheRepository(Root, name);
        return repository.CommitOf(name.RevisionOrMain) is { } commit ? At(repository, commit) : null;
    }

    /// <summary>Every snapshot that holds a <c>config.json</c> or a <c>.gguf</c> file, by name, then by commit.</summary>
    public IReadOnlyList<CachedModel> List()
    {
        var found = new List<CachedModel>();
        foreach (var name in Names())
        {
            var repository = new CacheRepository(Root, name);
            found.AddRange(Folders(repository.Snapshots).Select(folder => At(repository, Path.GetFileName(folder))).Where(m => ModelFiles.IsModel(m.Folder)));
        }

        return found;
    }

    /// <summary>The names of all models that have a folder in the cache, in order.</summary>
    internal IEnumerable<HubName> Names() => Folders(Root).Select(f => HubName.OfCacheFolder(Path.GetFileName(f))).OfType<HubName>();

    private static CachedModel At(CacheRepository repository, string commit) => new(
        HubName.Parse(repository.Name.Id),
        commit,
        [.. repository.AllRefs().Where(r => r.Commit == commit).Select(r => r.Revision)],
        Path.Combine(repository.Snapshots, commit));

    private static IEnumerable<string> Folders(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetDirectories(folder).Order(StringComparer.Ordinal) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];  // Someone else's cache may be closed to us; then there is nothing to list.
        }
    }
}
