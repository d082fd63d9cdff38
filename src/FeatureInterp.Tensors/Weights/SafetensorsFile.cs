using System.Buffers.Binary;

namespace FeatureInterp.Tensors;

/// <summary>
/// A safetensors file, mapped: 8 bytes with the header's length <c>n</c> (little-endian), <c>n</c> bytes of JSON, then the arrays.
/// Every claim of the header is checked before a byte is handed out: names are unique, element types known, each array's range
/// is its shape times its element size, and the ranges fill the rest of the file without holes or overlap, as the format's
/// specification asks.
/// </summary>
public sealed unsafe class SafetensorsFile
{
    /// <summary>The longest header the format allows, in bytes.</summary>
    public const int MaxHeaderBytes = 100_000_000;

    private readonly Dictionary<string, Weight> _weights = new(StringComparer.Ordinal);

    private SafetensorsFile(string path, IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        Metadata = metadata;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The header's <c>__metadata__</c>: free text by name; empty when there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Every array, by name.</summary>
    public IReadOnlyDictionary<string, Weight> Weights => _weights;

    /// <summary>The array of this name.</summary>
    /// <param name="name">The name in the file.</param>
    /// <exception cref="WeightFileException">The file has no such array; the message names the nearest.</exception>
    public Weight this[string name] => _weights.TryGetValue(name, out var weight)
        ? weight
        : throw new WeightFileException(Path, $"there is no tensor '{name}'; the nearest name is '{NearestName.Of(name, _weights.Keys)}'.");

    /// <summary>Maps a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="WeightFileException">The file is not there, cannot be read, or breaks the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        var map = new MappedFile(path);
        if (map.Length < 8)
            throw new WeightFileException(path, $"the file has {map.Length} bytes, too few for a safetensors header; it was probably cut short, fetch it again.");

        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(map.Pointer, 8));
        if (headerLength > MaxHeaderBytes)
            throw new WeightFileException(path, $"the header claims {headerLength} bytes, the format allows {MaxHeaderBytes}; this is not a safetensors file.");
        if (headerLength > (ulong)(map.Length - 8))
            throw new WeightFileException(path, $"the header claims {headerLength} bytes but only {map.Length - 8} follow; the file was probably cut short, fetch it again.");

        var dataStart = 8 + (long)headerLength;
        var header = SafetensorsHeader.Parse(path, new ReadOnlySpan<byte>(map.Pointer + 8, (int)headerLength), map.Length - dataStart);
        var file = new SafetensorsFile(path, header.Metadata);
        foreach (var entry in header.Entries)
            file._weights.Add(entry.Name, new Weight(entry.Name, entry.DType, entry.Shape, map.Pointer + dataStart + entry.Begin, map));
        GC.KeepAlive(map);
        return file;
    }
}
