using System.Text.Json;

namespace FeatureInterp.Tensors;

/// <summary>
/// The <c>*.index.json</c> beside the shards of a checkpoint: <c>weight_map</c> says in which shard each array is. The
/// <c>metadata</c> beside it is passed over: writers disagree whether <c>total_size</c> counts tied arrays once or twice, so it can
/// neither be trusted nor held against the file.
/// </summary>
internal sealed class ShardIndex
{
    /// <summary>The longest index that is read, in bytes.</summary>
    public const int MaxBytes = 64 << 20;

    private readonly string _path;

    private ShardIndex(string path) => _path = path;

    /// <summary>The shard's file name of every array.</summary>
    public Dictionary<string, string> ShardOf { get; } = new(StringComparer.Ordinal);

    /// <summary>Every shard's file name, in the order the index names them first.</summary>
    public List<string> Shards { get; } = [];

    /// <summary>Reads an index.</summary>
    public static unsafe ShardIndex Read(string path)
    {
        var map = new MappedFile(path);
        if (map.Length > MaxBytes)
            throw new WeightFileException(path, $"the index has {map.Length} bytes, an index of shards has at most {MaxBytes}; this is another kind of file.");
        var index = new ShardIndex(path);
        try
        {
            var reader = new Utf8JsonReader(new ReadOnlySpan<byte>(map.Pointer, (int)map.Length), new JsonReaderOptions { MaxDepth = 8 });
            index.ReadObject(ref reader);
            if (reader.Read())
                throw index.Fault("something follows the closing brace");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new WeightFileException(path, $"this is not the JSON of an index of shards ({e.Message}); fetch it again.", e);
        }

        GC.KeepAlive(map);
        return index.Shards.Count > 0 ? index : throw index.Fault("there is no 'weight_map' that names arrays");
    }

    private void ReadObject(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw Fault("the file does not start with '{'");
        var seen = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMap = reader.ValueTextEquals("weight_map"u8);
            if (isMap && seen)
                throw Fault("'weight_map' is there twice");
            seen |= isMap;
            reader.Read();
            if (isMap)
                ReadMap(ref reader);
            else
                reader.Skip();
        }
    }

    private void ReadMap(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault("'weight_map' is not an object");
        var known = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var shard = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Fault($"'weight_map' gives no file name for '{name}'");
            if (!IsFileName(shard))
                throw Fault($"'weight_map' sends '{name}' to '{shard}', and a shard is a plain file name beside the index");
            if (!ShardOf.TryAdd(name, shard))
                throw Fault($"'weight_map' has '{name}' twice");
            if (known.Add(shard))
                Shards.Add(shard);
        }
    }

    // No separators of any system, no drive, no "." or "..", nothing a file system would take for something else.
    private static bool IsFileName(string name) =>
        name.Length is > 0 and <= 255 && name.Trim('.', ' ').Length > 0 && !name.AsSpan().ContainsAny('/', '\\', ':') && !name.Any(char.IsControl);

    private WeightFileException Fault(string what) => new(_path, what + "; the index is damaged or of another kind, fetch it again.");
}
