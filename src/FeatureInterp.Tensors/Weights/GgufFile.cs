namespace FeatureInterp.Tensors;

/// <summary>
/// A GGUF file, version 2 or 3, mapped: metadata and tensors as llama.cpp's tools write them. Every claim is checked before a
/// byte is handed out: counts and lengths against the size of the file, names for repeats, element types, dimensions, alignment,
/// and that every tensor lies inside the file and apart from the others.
/// </summary>
public sealed unsafe class GgufFile
{
    private readonly Dictionary<string, Weight> _weights = new(StringComparer.Ordinal);

    private GgufFile(MappedFile map, GgufHeader header)
    {
        Path = map.Path;
        Version = header.Version;
        Alignment = header.Alignment;
        Metadata = new GgufMetadata(map.Path, header.Metadata);
        foreach (var entry in header.Entries)
            _weights.Add(entry.Name, new Weight(entry.Name, entry.DType, entry.Shape, map.Pointer + entry.Begin, map));
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The version of the format, 2 or 3; they differ in nothing that is read here.</summary>
    public int Version { get; }

    /// <summary>What the place of every tensor is a multiple of, in bytes: a power of two, 32 where the file does not say.</summary>
    public long Alignment { get; }

    /// <summary>What the file says of the model: sizes, tokenizer, chat template, licence.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>Every tensor, by name, in the file's order. Shapes are row-major: the file's <c>ne</c> the other way round.</summary>
    public IReadOnlyDictionary<string, Weight> Weights => _weights;

    /// <summary>The tensor of this name.</summary>
    /// <param name="name">The name in the file, such as <c>blk.0.attn_q.weight</c>.</param>
    /// <exception cref="WeightFileException">The file has no such tensor; the message names the nearest.</exception>
    public Weight this[string name] => _weights.TryGetValue(name, out var weight)
        ? weight
        : throw new WeightFileException(Path, $"there is no tensor '{name}'; the nearest name is '{NearestName.Of(name, _weights.Keys.Where(k => k.Length < 256))}'.");

    /// <summary>Maps a file and checks what stands before its data.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="WeightFileException">The file is not there, cannot be read, breaks the format, or holds a tensor of a
    /// type that cannot be read.</exception>
    public static GgufFile Open(string path)
    {
        var map = new MappedFile(path);
        if (map.Length == 0)
            throw new WeightFileException(path, "the file is empty; it was probably cut short, fetch it again.");
        var file = new GgufFile(map, GgufHeader.Read(map));
        GC.KeepAlive(map);
        return file;
    }
}
