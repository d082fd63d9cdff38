using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace FeatureInterp.Tests;

/// <summary>Zip files put together byte by byte from the format's description: plain, with every optional part, or spoilt.</summary>
internal sealed class RawZip
{
    /// <summary>One member and how it is written; what it claims can be set apart from what it is.</summary>
    internal sealed record Member(string Name, byte[] Content)
    {
        public bool Deflate { get; init; }

        /// <summary>The length of the record behind the content: 0 (none), 12, 16, 20 or 24.</summary>
        public int Descriptor { get; init; }

        /// <summary>Sizes and place stand in the 64-bit extra field.</summary>
        public bool Zip64 { get; init; }

        /// <summary>Bytes of an unknown extra field in the local header, as torch aligns its storages.</summary>
        public int Padding { get; init; }

        public uint? Crc { get; init; }

        public int? Method { get; init; }

        public int Flags { get; init; }

        public long? Size { get; init; }

        public long? CompressedSize { get; init; }
    }

    private readonly List<byte> _bytes = [];

    public List<Member> Members { get; } = [];

    public bool Zip64End { get; set; }

    public byte[] Comment { get; set; } = [];

    /// <summary>Where each member's local header is, once the file is made.</summary>
    public List<int> LocalAt { get; } = [];

    /// <summary>Where each member's entry in the directory is.</summary>
    public List<int> EntryAt { get; } = [];

    public int DirectoryAt { get; private set; }

    public int Zip64EndAt { get; private set; }

    public int EndAt { get; private set; }

    public static RawZip Of(params Member[] members)
    {
        var zip = new RawZip();
        zip.Members.AddRange(members);
        return zip;
    }

    public byte[] Bytes()
    {
        var packed = Members.Select(m => m.Deflate ? Deflated(m.Content) : m.Content).ToList();
        for (var i = 0; i < Members.Count; i++)
            AddLocal(Members[i], packed[i]);
        DirectoryAt = _bytes.Count;
        for (var i = 0; i < Members.Count; i++)
            AddEntry(Members[i], packed[i], LocalAt[i]);
        AddEnd(_bytes.Count - DirectoryAt);
        return [.. _bytes];
    }

    /// <summary>The same bytes with a number of 1 to 8 bytes written somewhere.</summary>
    public static byte[] Patched(byte[] bytes, int at, int size, long value)
    {
        var number = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, value);
        var patched = (byte[])bytes.Clone();
        number.AsSpan(0, size).CopyTo(patched.AsSpan(at));
        return patched;
    }

    public static byte[] Deflated(byte[] content)
    {
        var packed = new MemoryStream();
        using (var stream = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            stream.Write(content);
        return packed.ToArray();
    }

    /// <summary>The checksum, one bit a step, as the standard defines it.</summary>
    public static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
        }

        return ~crc;
    }

    private void AddLocal(Member m, byte[] packed)
    {
        LocalAt.Add(_bytes.Count);
        var deferred = m.Descriptor > 0;
        var (crc, size, compressed) = (m.Crc ?? Crc32(m.Content), m.Size ?? m.Content.Length, m.CompressedSize ?? packed.Length);
        var extra = new List<byte>();
        if (m.Zip64)
            extra.AddRange([1, 0, 16, 0, .. BitConverter.GetBytes(deferred ? 0 : size), .. BitConverter.GetBytes(deferred ? 0 : compressed)]);
        if (m.Padding > 0)
            extra.AddRange([(byte)'F', (byte)'B', .. BitConverter.GetBytes((ushort)m.Padding), .. new byte[m.Padding]]);
        AddAll(4, 0x04034B50);
        AddAll(2, 45, m.Flags | (deferred ? 8 : 0), m.Method ?? (m.Deflate ? 8 : 0), 0, 0);
        AddAll(4, deferred ? 0 : crc, m.Zip64 ? uint.MaxValue : deferred ? 0 : compressed, m.Zip64 ? uint.MaxValue : deferred ? 0 : size);
        AddAll(2, Encoding.UTF8.GetByteCount(m.Name), extra.Count);
        _bytes.AddRange([.. Encoding.UTF8.GetBytes(m.Name), .. extra, .. packed]);
        if (m.Descriptor is 16 or 24)
            AddAll(4, 0x08074B50);
        if (deferred)
            AddAll(4, crc);
        if (deferred)
            AddAll(m.Descriptor >= 20 ? 8 : 4, compressed, size);
    }

    private void AddEntry(Member m, byte[] packed, int local)
    {
        EntryAt.Add(_bytes.Count);
        var (size, compressed) = (m.Size ?? m.Content.Length, m.CompressedSize ?? packed.Length);
        byte[] extra = m.Zip64 ? [1, 0, 24, 0, .. BitConverter.GetBytes(size), .. BitConverter.GetBytes(compressed), .. BitConverter.GetBytes((long)local)] : [];
        AddAll(4, 0x02014B50);
        AddAll(2, 45, 45, m.Flags | (m.Descriptor > 0 ? 8 : 0), m.Method ?? (m.Deflate ? 8 : 0), 0, 0);
        AddAll(4, m.Crc ?? Crc32(m.Content), m.Zip64 ? uint.MaxValue : compressed, m.Zip64 ? uint.MaxValue : size);
        AddAll(2, Encoding.UTF8.GetByteCount(m.Name), extra.Length, 0, 0, 0);
        AddAll(4, 0, m.Zip64 ? uint.MaxValue : local);
        _bytes.AddRange([.. Encoding.UTF8.GetBytes(m.Name), .. extra]);
    }

    private void AddEnd(int size)
    {
        Zip64EndAt = _bytes.Count;
        if (Zip64End)
        {
            AddAll(4, 0x06064B50);
            AddAll(8, 44);
            AddAll(2, 45, 45);
            AddAll(4, 0, 0);
            AddAll(8, Members.Count, Members.Count, size, DirectoryAt);
            AddAll(4, 0x07064B50, 0);
            AddAll(8, Zip64EndAt);
            AddAll(4, 1);
        }

        EndAt = _bytes.Count;
        AddAll(4, 0x06054B50);
        AddAll(2, 0, 0, Zip64End ? ushort.MaxValue : Members.Count, Zip64End ? ushort.MaxValue : Members.Count);
        AddAll(4, Zip64End ? uint.MaxValue : size, Zip64End ? uint.MaxValue : DirectoryAt);
        AddAll(2, Comment.Length);
        _bytes.AddRange(Comment);
    }

    private void AddAll(int size, params long[] numbers)
    {
        foreach (var number in numbers)
            _bytes.AddRange(BitConverter.GetBytes(number).AsSpan(0, size));
    }
}
