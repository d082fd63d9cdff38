namespace FeatureInterp.Tensors;

/// <summary>
/// <c>w[i] = d · (q[i] − 8)</c> with q from 0 to 15. Layout: d, then 16 bytes, of which byte j holds q[j] below and
/// q[j + 16] above.
/// </summary>
internal readonly struct Q4_0 : IBlock
{
    public const int Bytes = 2 + 16;

    public static int Elements => 32;

    public static int Size => Bytes;

    public static void Widen(ReadOnlySpan<byte> block, Span<float> values)
    {
        var d = Blocks.Half(block);
        for (var j = 0; j < 16; j++)
        {
            values[j] = d * ((block[2 + j] & 15) - 8);
            values[j + 16] = d * ((block[2 + j] >> 4) - 8);
        }
    }
}
