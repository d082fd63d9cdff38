using System.Text;

namespace FeatureInterp.Tests;

/// <summary>GGUF files put together byte by byte from the format's description, whole or spoilt: whatever is set here stands in
/// the file, true or not.</summary>
internal sealed class RawGguf
{
    private readonly List<byte> _values = [];
    private readonly List<byte> _entries = [];
    private readonly List<byte> _data = [];
    private ulong _valueCount;
    private ulong _tensorCount;

    public byte[] Magic { get; init; } = "GGUF"u8.ToArray();

    public uint Version { get; init; } = 3;

    public int Alignment { get; init; } = 32;

    /// <summary>The counts claimed, where they are not the true ones.</summary>
    public ulong? ValueCount { get; init; }

    public ulong? TensorCount { get; init; }

    /// <summary>Adds metadata: the number of its type, then the bytes of the value.</summary>
    public RawGguf Value(string key, uint type, params byte[] value) => Value(Text(key), type, value);

    public RawGguf Value(byte[] key, uint type, params byte[] value)
    {
        _values.AddRange([.. key, .. BitConverter.GetBytes(type), .. value]);
        _valueCount++;
        return this;
    }

    /// <summary>Adds a tensor where the last one ends, or where <paramref name="offset"/> says.</summary>
    public RawGguf Tensor(string name, uint type, ulong[] ne, byte[] data, ulong? offset = null, uint? rank = null)
    {
        while (_data.Count % Alignment != 0)
            _data.Add(0xFF);
        _entries.AddRange([.. Text(name), .. BitConverter.GetBytes(rank ?? (uint)ne.Length), .. ne.SelectMany(BitConverter.GetBytes),
            .. BitConverter.GetBytes(type), .. BitConverter.GetBytes(offset ?? (ulong)_data.Count)]);
        _data.AddRange(data);
        _tensorCount++;
        return this;
    }

    public byte[] Bytes()
    {
        List<byte> file = [.. Magic, .. BitConverter.GetBytes(Version), .. BitConverter.GetBytes(TensorCount ?? _tensorCount),
            .. BitConverter.GetBytes(ValueCount ?? _valueCount), .. _values, .. _entries];
        while (file.Count % Alignment != 0)
            file.Add(0xFF);
        return [.. file, .. _data];
    }

    /// <summary>A text with its length in front.</summary>
    public static byte[] Text(string text) => Text(Encoding.UTF8.GetBytes(text));

    public static byte[] Text(byte[] text) => [.. BitConverter.GetBytes((ulong)text.Length), .. text];

    /// <summary>A list: the type of its elements, their number, the elements.</summary>
    public static byte[] List(uint type, ulong count, params byte[] elements) =>
        [.. BitConverter.GetBytes(type), .. BitConverter.GetBytes(count), .. elements];
}
