using System.Numerics;

namespace FeatureInterp.Tensors;

/// <summary>
/// What stands before the data of a GGUF file, read and checked: "GGUF", a version, the numbers of tensors and of metadata, the
/// metadata (name, type, value), then of each tensor its name, its dimensions innermost first, its type and where it begins,
/// counted from the first multiple of the alignment after all that.
/// </summary>
internal sealed class GgufHeader
{
    private const uint Magic = 0x46554747; // "GGUF"
    private const int LongestName = 65_535;
    private const int MostDimensions = 4;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private GgufCursor _cursor;

    private GgufHeader(MappedFile file) => _cursor = new GgufCursor(file, 0);

    /// <summary>One tensor: its shape is row-major, its first byte counted from the start of the file.</summary>
    public sealed record Entry(string Name, DType DType, long[] Shape, long Begin, long Bytes);

    public int Version { get; private set; }

    public long Alignment { get; private set; } = 32;

    public Dictionary<string, GgufValue> Metadata { get; } = new(StringComparer.Ordinal);

    public List<Entry> Entries { get; } = [];

    public static GgufHeader Read(MappedFile file)
    {
        var header = new GgufHeader(file);
        header.ReadVersion();
        var tensors = header._cursor.ReadCount(32, "the number of tensors");
        var values = header._cursor.ReadCount(13, "the number of metadata values");
        for (long i = 0; i < values; i++)
            header.ReadValue();
        header.ReadAlignment();
        for (long i = 0; i < tensors; i++)
            header.Entries.Add(header.ReadEntry());
        header.PlaceEntries();
        return header;
    }

    private void ReadVersion()
    {
        if (_cursor.Left < 4 || _cursor.ReadUInt32("the magic number") != Magic)
            throw _cursor.Fault("the file does not begin with 'GGUF'");
        var version = _cursor.ReadUInt32("the version");
        if (version is not (2 or 3))
        {
            throw version is 0x02000000 or 0x03000000
                ? new WeightFileException(_cursor.File.Path, "the file is big-endian GGUF, and only little-endian can be read; convert it.")
                : new WeightFileException(_cursor.File.Path, $"the file is GGUF version {version}, and only 2 and 3 can be read; convert the model anew.");
        }

        Version = (int)version;
    }

    private void ReadValue()
    {
        var key = _cursor.ReadString(LongestName, $"the name of metadata {Metadata.Count + 1}");
        var what = "the metadata " + GgufCursor.Quote(key);
        var type = _cursor.ReadType(what);
        var at = _cursor.At;
        _cursor.Skip(type, what);
        if (!Metadata.TryAdd(key, new GgufValue(_cursor.File, key, type, at)))
            throw _cursor.Fault($"{what} is there twice");
    }

    private void ReadAlignment()
    {
        if (!Metadata.TryGetValue("general.alignment", out var value))
            return;
        Alignment = value.AsInteger();
        if (Alignment is < 1 or > int.MaxValue || !BitOperations.IsPow2(Alignment))
            throw _cursor.Fault($"general.alignment is {Alignment}, which is not a power of two");
    }

    private Entry ReadEntry()
    {
        var name = _cursor.ReadString(LongestName, $"the name of tensor {Entries.Count + 1}");
        var what = GgufCursor.Quote(name);
        if (!_names.Add(name))
            throw _cursor.Fault($"the tensor {what} is there twice");
        var rank = _cursor.ReadUInt32(what);
        if (rank is 0 or > MostDimensions)
            throw _cursor.Fault($"{what} has {rank} dimensions, and the format allows 1 to {MostDimensions}");
        var shape = new long[rank];
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            var size = _cursor.ReadUInt64(what);
            shape[i] = size is > 0 and <= int.MaxValue ? (long)size : throw _cursor.Fault($"{what} has a dimension of {size}, and 1 to {int.MaxValue} are possible");
        }

        var type = _cursor.ReadUInt32(what);
        var dtype = GgufElements.Find(type) ?? throw new WeightFileException(_cursor.File.Path,
            $"{what} is stored as {GgufElements.NameOf(type)}, which cannot be read; take another quantisation of the model, such as Q8_0, Q4_K or Q6_K.");
        return new Entry(name, dtype, shape, Offset(_cursor.ReadUInt64(what), what), BytesOf(dtype, shape, what));
    }

    private long Offset(ulong offset, string what)
    {
        if (offset > (ulong)_cursor.File.Length)
            throw _cursor.Fault($"{what} begins at byte {offset} of the data, beyond the file's {_cursor.File.Length} bytes");
        return (long)offset % Alignment == 0
            ? (long)offset
            : throw _cursor.Fault($"{what} begins at byte {offset} of the data, which is not a multiple of the alignment {Alignment}");
    }

    private long BytesOf(DType dtype, long[] shape, string what)
    {
        if (shape[^1] % dtype.BlockElements() != 0)
            throw _cursor.Fault($"{what} has rows of {shape[^1]} elements, which are not whole blocks of {dtype.BlockElements()} as {dtype} has them");
        try
        {
            // A row, which is all dimensions but the first, must be addressable by itself; a list of blocks is one row.
            long row = shape.Length == 1 && dtype.IsQuantized() ? shape[0] : 1;
            foreach (var size in shape.AsSpan(1))
                row = checked(row * size);
            var bytes = dtype.ByteCount(shape.Length == 1 ? shape[0] : checked(shape[0] * row));
            if (row <= int.MaxValue && dtype.ByteCount(row) <= int.MaxValue)
                return bytes;
        }
        catch (OverflowException)
        {
            // Falls through to the same message.
        }

        throw _cursor.Fault($"{what} has the shape [{string.Join(", ", shape)}], more elements than can be addressed");
    }

    // The data begins at a multiple of the alignment; each tensor must lie within the file and apart from the others.
    private void PlaceEntries()
    {
        var start = (_cursor.At + Alignment - 1) / Alignment * Alignment;
        for (var i = 0; i < Entries.Count; i++)
        {
            var entry = Entries[i];
            if (start > _cursor.File.Length || entry.Bytes > _cursor.File.Length - start - entry.Begin)
                throw _cursor.Fault($"{GgufCursor.Quote(entry.Name)} needs {entry.Bytes} bytes from byte {start + entry.Begin} on, and the file has {_cursor.File.Length}; it was probably cut short");
            Entries[i] = entry with { Begin = start + entry.Begin };
        }

        var before = new Entry("", DType.U8, [], start, 0);
        foreach (var entry in Entries.OrderBy(e => e.Begin))
        {
            if (entry.Begin < before.Begin + before.Bytes)
                throw _cursor.Fault($"{GgufCursor.Quote(entry.Name)} and {GgufCursor.Quote(before.Name)} overlap");
            before = entry;
        }
    }
}
