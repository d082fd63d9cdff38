using System.Buffers.Binary;

namespace FeatureInterp.Tensors;

/// <summary>
/// The checksum of zip members: the remainder modulo x³² + x²⁶ + x²³ + x²² + x¹⁶ + x¹² + x¹¹ + x¹⁰ + x⁸ + x⁷ + x⁵ + x⁴ + x² + x + 1,
/// bits reversed, started from and inverted with all ones (ISO 3309). Eight bytes a step: table k holds the remainder of a byte
/// that k more bytes follow.
/// </summary>
internal static unsafe class Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private const int Stride = 8;

    private static readonly uint[] Table = MakeTable();

    /// <summary>The checksum of a run of bytes of any length.</summary>
    public static uint Of(byte* bytes, long length)
    {
        var crc = uint.MaxValue;
        for (; length > 0; bytes += Math.Min(length, 1 << 30), length -= 1 << 30)
            crc = Update(crc, new ReadOnlySpan<byte>(bytes, (int)Math.Min(length, 1 << 30)));
        return ~crc;
    }

    private static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        var table = Table;
        for (; bytes.Length >= Stride; bytes = bytes[Stride..])
        {
            var eight = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ crc;
            crc = 0;
            for (var i = 0; i < Stride; i++)
                crc ^= table[(256 * (Stride - 1 - i)) + (byte)(eight >> (8 * i))];
        }

        foreach (var b in bytes)
            crc = table[(byte)(crc ^ b)] ^ (crc >> 8);
        return crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256 * Stride];
        for (uint i = 0; i < 256; i++)
        {
            var remainder = i;
            for (var bit = 0; bit < 8; bit++)
                remainder = (remainder & 1) != 0 ? (remainder >> 1) ^ Polynomial : remainder >> 1;
            table[i] = remainder;
        }

        for (var i = 256; i < table.Length; i++)
            table[i] = table[(byte)table[i - 256]] ^ (table[i - 256] >> 8);
        return table;
    }
}
