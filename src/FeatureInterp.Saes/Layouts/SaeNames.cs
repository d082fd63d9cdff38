namespace FeatureInterp.Saes;

/// <summary>
/// The names an SAE lies under: the repository it comes from, when the caller says it or the path shows it, and the path below it.
/// </summary>
internal sealed class SaeNames
{
    // A release is at most five folders deep; what lies further out is the user's own.
    private const int MaxSegments = 10;
    private const string CachePrefix = "models--";

    private readonly string[] _segments;
    private readonly string? _told;

    /// <summary>The names of files.</summary>
    /// <param name="path">The folder or file.</param>
    /// <param name="options">Where the caller may have named the repository.</param>
    public SaeNames(string path, SaeLoadOptions options)
    {
        _segments = [.. System.IO.Path.GetFullPath(path).Split('/', '\\').Where(s => s.Length > 0).TakeLast(MaxSegments)];
        _told = options.Repository;
    }

    /// <summary>The path's own folders and file, joined by slashes.</summary>
    public string Path => string.Join('/', _segments);

    /// <summary>
    /// What the names say. A repository the caller named has to be understood; one that only the path may show is looked for there,
    /// in the Hugging Face cache's folder names and in plain ones, from the innermost folder outwards.
    /// </summary>
    /// <param name="read">Reads (repository, path below it).</param>
    /// <returns>The facts; none where nothing is understood.</returns>
    /// <exception cref="SaeException">The repository the caller named, or the path in it, is not understood.</exception>
    public SaeNameFacts Facts(Func<string, string, SaeNameFacts> read)
    {
        if (_told is not null)
        {
            var told = read(_told, Path);
            return told.Fault is null ? told : throw new SaeException($"{_told}, {Path}: {told.Fault}; name the hook and the model when loading, without the repository.");
        }

        for (var i = _segments.Length - 1; i >= 0; i--)
        {
            var facts = read(RepositoryOf(_segments[i]), string.Join('/', _segments[(i + 1)..]));
            if (facts.Fault is null)
                return facts;
        }

        return new SaeNameFacts();
    }

    /// <summary>Whether a folder of the path, or the repository the caller named, is called so.</summary>
    /// <param name="matches">Looks at one name; the cache's folder names as repositories.</param>
    public bool Any(Func<string, bool> matches) => _told is not null ? matches(_told) : _segments.Any(s => matches(RepositoryOf(s)));

    // models--google--gemma-scope-2b-pt-res in the Hugging Face cache is google/gemma-scope-2b-pt-res.
    private static string RepositoryOf(string segment) =>
        segment.StartsWith(CachePrefix, StringComparison.Ordinal) ? segment[CachePrefix.Length..].Replace("--", "/", StringComparison.Ordinal) : segment;
}
