using System.Buffers.Binary;

namespace FeatureInterp.Tensors;

/// <summary>
/// <c>w[i] = d · q[i] + m</c> with q from 0 to 31. Layout: d, m, then 32 bits, of which bit i is the highest of q[i], then 16
/// bytes, of which byte j holds the lower four bits of q[j] below and those of q[j + 16] above.
/// </summary>
internal readonly struct Q5_1 : IBlock
{
    public const int Bytes = 2 + 2 + 4 + 16;

    public static int Elements => 32;

    public static int Size => Bytes;

    public static void Widen(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Blocks.Half(block), m = Blocks.Half(block[2..]);
        var high = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        for (var j = 0; j < 16; j++)
        {
            values[j] = d * ((block[8 + j] & 15u) | (high >> j & 1) << 4) + m;
            values[j + 16] = d * ((uint)block[8 + j] >> 4 | (high >> j + 16 & 1) << 4) + m;
        }
    }
}
