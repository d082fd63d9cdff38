using System.Buffers.Binary;

namespace FeatureInterp.Tensors;

/// <summary>The bytes of a mapped zip file: little-endian numbers at checked places.</summary>
internal readonly unsafe struct ZipBytes(MappedFile map)
{
    public long Length => map.Length;

    public string Path => map.Path;

    public ReadOnlySpan<byte> Slice(long offset, int count) => offset >= 0 && count >= 0 && offset <= map.Length - count
        ? new ReadOnlySpan<byte>(map.Pointer + offset, count)
        : throw Fault($"something of {count} bytes should be at byte {offset} of {map.Length}");

    public ushort U16(long offset) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(offset, 2));

    public uint U32(long offset) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(offset, 4));

    /// <summary>A 64-bit number that no sound file has beyond 63 bits.</summary>
    public long I64(long offset) => BinaryPrimitives.ReadInt64LittleEndian(Slice(offset, 8)) is >= 0 and var value
        ? value
        : throw Fault($"a size or place at byte {offset} is beyond all files");

    public WeightFileException Fault(string what) => new(map.Path, $"{what}; the zip file is damaged, fetch it again.");
}
