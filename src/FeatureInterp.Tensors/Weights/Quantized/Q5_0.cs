using System.Buffers.Binary;

namespace FeatureInterp.Tensors;

/// <summary>
/// <c>w[i] = d · (q[i] − 16)</c> with q from 0 to 31. Layout: d, then 32 bits, of which bit i is the highest of q[i], then 16
/// bytes, of which byte j holds the lower four bits of q[j] below and those of q[j + 16] above.
/// </summary>
internal readonly struct Q5_0 : IBlock
{
    public const int Bytes = 2 + 4 + 16;

    public static int Elements => 32;

    public static int Size => Bytes;

    public static void Widen(ReadOnlySpan<byte> block, Span<float> values)
    {
        var d = Blocks.Half(block);
        var high = BinaryPrimitives.ReadUInt32LittleEndian(block[2..]);
        for (var j = 0; j < 16; j++)
        {
            values[j] = d * ((int)((block[6 + j] & 15u) | (high >> j & 1) << 4) - 16);
            values[j + 16] = d * ((int)((uint)block[6 + j] >> 4 | (high >> j + 16 & 1) << 4) - 16);
        }
    }
}
