namespace FeatureInterp.Tensors;

/// <summary>A checkpoint whose arrays are all known when it is opened.</summary>
internal sealed class FileWeights : WeightSource
{
    private readonly Dictionary<string, (Weight Weight, string File)> _weights = new(StringComparer.Ordinal);
    private readonly List<string> _files;
    private long _bytes;

    /// <summary>Nothing yet, in files that are named by and by.</summary>
    /// <param name="path">The file to name for the whole.</param>
    public FileWeights(string path)
    {
        Path = path;
        _files = [path];
    }

    /// <summary>Every array of one file.</summary>
    public FileWeights(string path, IReadOnlyDictionary<string, Weight> weights)
        : this(path)
    {
        foreach (var (name, weight) in weights)
            Add(name, weight, path);
    }

    public override string Path { get; }

    public override IReadOnlyCollection<string> Names => _weights.Keys;

    public override IReadOnlyList<string> Files => _files;

    public override long TotalBytes => _bytes;

    public override Weight? TryFind(string name) => _weights.TryGetValue(name, out var found) ? found.Weight : null;

    public override string PathOf(string name) => _weights.TryGetValue(name, out var found) ? found.File : Path;

    public void AddFile(string file) => _files.Add(file);

    public void Add(string name, Weight weight, string file)
    {
        _weights.Add(name, (weight, file));
        _bytes = checked(_bytes + (weight.Count * weight.DType.Size()));
    }
}
