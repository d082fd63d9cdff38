namespace FeatureInterp.Tensors;

/// <summary>
/// A <c>.npz</c> file, mapped: a zip file with a NumPy array <c>NAME.npy</c> for each name. Stored row-major little-endian arrays
/// (what <c>numpy.savez</c> writes) are views into the file; deflated ones (<c>savez_compressed</c>) are inflated into memory when
/// the file is opened, and column-major or big-endian ones are copied. Members that are no <c>.npy</c> are passed over.
/// </summary>
/// <remarks>
/// The checksum of what is inflated or copied is compared when the file is opened; that of a mapped array only by
/// <see cref="Verify"/>, because it would read the whole file. Element types: f4, f2, f8, i8, i4, i2, i1, u1, b1.
/// </remarks>
public sealed unsafe class NpzFile
{
    private const string Suffix = ".npy";

    private readonly Dictionary<string, Weight> _weights = new(StringComparer.Ordinal);
    private readonly ZipMap _zip;

    private NpzFile(ZipMap zip) => _zip = zip;

    /// <summary>The file.</summary>
    public string Path => _zip.Path;

    /// <summary>Every array, by name (without <c>.npy</c>).</summary>
    public IReadOnlyDictionary<string, Weight> Weights => _weights;

    /// <summary>The array of this name.</summary>
    /// <param name="name">The name, without <c>.npy</c>.</param>
    /// <exception cref="WeightFileException">The file has no such array; the message names the nearest.</exception>
    public Weight this[string name] => _weights.TryGetValue(name, out var weight)
        ? weight
        : throw new WeightFileException(Path, $"there is no array '{name}'; the nearest name is '{NearestName.Of(name, _weights.Keys)}'.");

    /// <summary>Maps a file and checks its directory and the head of every array.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="WeightFileException">The file is not there, cannot be read, or breaks the format.</exception>
    public static NpzFile Open(string path)
    {
        var file = new NpzFile(new ZipMap(new MappedFile(path)));
        foreach (var member in file._zip.Members)
        {
            if (member.Name.EndsWith(Suffix, StringComparison.Ordinal))
                file._weights.Add(member.Name[..^Suffix.Length], file.Read(member));
        }

        return file;
    }

    /// <summary>Reads every mapped array and compares its checksum.</summary>
    /// <exception cref="WeightFileException">A member is not what was written.</exception>
    public void Verify()
    {
        foreach (var member in _zip.Members)
            _zip.Check(member);
    }

    private Weight Read(ZipMember member)
    {
        var name = member.Name[..^Suffix.Length];
        var content = _zip.Read(member);
        var header = NpyHeader.Parse(Path, name, content.Head(NpyHeader.MaxBytes));
        var bytes = ArrayShape.Bytes(Path, name, header.DType, header.Shape);
        if (bytes != content.Length - header.Length)
            throw new WeightFileException(Path, $"'{name}' is {header.DType} {ArrayShape.Format(header.Shape)}, which takes {bytes} bytes, but {content.Length - header.Length} follow its header; the file is damaged.");

        var weight = new Weight(name, header.DType, header.Shape, content.Pointer + header.Length, content.Owner);
        var columnMajor = header.FortranOrder && header.Shape.Length > 1;
        return columnMajor || (header.BigEndian && header.DType.Size() > 1) ? Copy(member, weight, header, bytes) : weight;
    }

    private Weight Copy(ZipMember member, Weight source, NpyHeader header, long bytes)
    {
        _zip.Check(member);
        var owner = OwnedBytes.Allocate(Path, source.Name, bytes);
        StridedCopy.ToRowMajor(source.Pointer, owner.Pointer, header.DType.Size(), header.Shape, header.FortranOrder ? ColumnMajor(header.Shape) : ArrayShape.RowMajorStrides(header.Shape));
        if (header.BigEndian)
            Swap(owner.Pointer, bytes, header.DType.Size());
        GC.KeepAlive(source);
        return new Weight(source.Name, header.DType, header.Shape, owner.Pointer, owner);
    }

    private static long[] ColumnMajor(ReadOnlySpan<long> shape)
    {
        var strides = new long[shape.Length];
        long stride = 1;
        for (var i = 0; i < shape.Length; i++)
        {
            strides[i] = stride;
            stride *= shape[i];
        }

        return strides;
    }

    private static void Swap(byte* elements, long bytes, int size)
    {
        for (long at = 0; at < bytes; at += size)
            new Span<byte>(elements + at, size).Reverse();
    }
}
