namespace FeatureInterp.Tensors;

/// <summary>
/// <c>w[i] = d · q[i] + m</c> with q from 0 to 15. Layout: d, m, then 16 bytes, of which byte j holds q[j] below and q[j + 16]
/// above.
/// </summary>
internal readonly struct Q4_1 : IBlock
{
    public const int Bytes = 2 + 2 + 16;

    public static int Elements => 32;

    public static int Size => Bytes;

    public static void Widen(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Blocks.Half(block), m = Blocks.Half(block[2..]);
        for (var j = 0; j < 16; j++)
        {
            values[j] = d * (block[4 + j] & 15) + m;
            values[j + 16] = d * (block[4 + j] >> 4) + m;
        }
    }
}
