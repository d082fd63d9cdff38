using System.Text.Json;

namespace FeatureInterp.Tensors;

/// <summary>The JSON at the head of a safetensors file, read and checked.</summary>
internal sealed class SafetensorsHeader
{
    private const int MaxRank = 16;

    private readonly string _path;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    private SafetensorsHeader(string path) => _path = path;

    /// <summary>One array: its range is counted from the first byte after the header.</summary>
    public sealed record Entry(string Name, DType DType, long[] Shape, long Begin, long End);

    public List<Entry> Entries { get; } = [];

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the header and checks it against the number of bytes that follow it.</summary>
    public static SafetensorsHeader Parse(string path, ReadOnlySpan<byte> json, long dataLength)
    {
        var header = new SafetensorsHeader(path);
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
            header.ReadObject(ref reader);
            if (reader.Read())
                throw header.Fault("something follows the header's closing brace");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new WeightFileException(path, $"the header is not the JSON that safetensors asks for ({e.Message}); the file is damaged or of another kind.", e);
        }

        header.CheckRanges(dataLength);
        return header;
    }

    private void ReadObject(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw Fault("the header does not start with '{'");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!_names.Add(name))
                throw Fault($"the name '{name}' is there twice");
            reader.Read();
            if (name == "__metadata__")
                ReadMetadata(ref reader);
            else
                Entries.Add(ReadEntry(ref reader, name));
        }
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault("'__metadata__' is not an object of texts");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            Metadata[key] = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Fault($"'__metadata__' holds something else than text under '{key}'");
        }
    }

    private Entry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault($"'{name}' is not described by an object");
        DType? dtype = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString();
            reader.Read();
            switch (key)
            {
                case "dtype": dtype = ParseDType(name, reader.GetString()); break;
                case "shape": shape = ReadNumbers(ref reader, name, "shape"); break;
                case "data_offsets": offsets = ReadNumbers(ref reader, name, "data_offsets"); break;
                default: throw Fault($"'{name}' has an unknown field '{key}'");
            }
        }

        if (dtype is null || shape is null || offsets is not { Length: 2 })
            throw Fault($"'{name}' lacks dtype, shape or two data_offsets");
        return new Entry(name, dtype.Value, shape, offsets[0], offsets[1]);
    }

    private long[] ReadNumbers(ref Utf8JsonReader reader, string name, string field)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Fault($"'{name}' has a {field} that is not a list");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
        {
            if (!reader.TryGetInt64(out var number) || number < 0 || numbers.Count == MaxRank)
                throw Fault($"'{name}' has a {field} out of range");
            numbers.Add(number);
        }

        return reader.TokenType == JsonTokenType.EndArray ? [.. numbers] : throw Fault($"'{name}' has a {field} that holds something else than whole numbers");
    }

    private DType ParseDType(string name, string? text) => text switch
    {
        "F64" => DType.F64,
        "F32" => DType.F32,
        "F16" => DType.F16,
        "BF16" => DType.BF16,
        "I64" => DType.I64,
        "I32" => DType.I32,
        "I16" => DType.I16,
        "I8" => DType.I8,
        "U8" => DType.U8,
        "BOOL" => DType.Bool,
        _ => throw Fault($"'{name}' has the element type '{text}', and only F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL can be read"),
    };

    // Sorted by start, each array must begin where the one before it ends, and the last must end with the file.
    private void CheckRanges(long dataLength)
    {
        long expected = 0;
        foreach (var entry in Entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.End > dataLength || entry.Begin > entry.End)
                throw Fault($"'{entry.Name}' lies at bytes {entry.Begin} to {entry.End} of {dataLength}; the file was probably cut short");
            if (entry.Begin != expected)
                throw Fault($"'{entry.Name}' begins at byte {entry.Begin} where {expected} was due: tensors {(entry.Begin < expected ? "overlap" : "leave a hole")}");
            if (SizeOf(entry) is var size && size != entry.End - entry.Begin)
                throw Fault($"'{entry.Name}' is {entry.DType} [{string.Join(", ", entry.Shape)}], which takes {size} bytes, but its range has {entry.End - entry.Begin}");
            expected = entry.End;
        }

        if (expected != dataLength)
            throw Fault($"the tensors end at byte {expected} but the file has {dataLength} bytes of data");
    }

    private long SizeOf(Entry entry)
    {
        try
        {
            long size = entry.DType.Size();
            foreach (var length in entry.Shape)
                size = checked(size * length);
            return size;
        }
        catch (OverflowException e)
        {
            throw new WeightFileException(_path, $"'{entry.Name}' has the shape [{string.Join(", ", entry.Shape)}], more elements than a file can hold; the file is damaged.", e);
        }
    }

    private WeightFileException Fault(string what) => new(_path, what + "; the file is damaged or of another kind, fetch it again.");
}
