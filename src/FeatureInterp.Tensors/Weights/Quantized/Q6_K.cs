namespace FeatureInterp.Tensors;

/// <summary>
/// <c>w[i] = d · s[g] · (q[i] − 32)</c> with q from 0 to 63, signed bytes s and g = i / 16. Layout: 128 bytes with the lower four
/// bits of q, 64 with the upper two, the 16 bytes s, d. Of each half of 128 elements, byte l of its 64 lower bytes belongs to q[l]
/// below and q[l + 64] above; byte l of its 32 upper ones to q[l], q[l + 32], q[l + 64] and q[l + 96], lowest first.
/// </summary>
internal readonly struct Q6_K : IBlock
{
    public const int Bytes = 128 + 64 + 16 + 2;

    public static int Elements => 256;

    public static int Size => Bytes;

    public static void Widen(ReadOnlySpan<byte> block, Span<float> values)
    {
        var d = Blocks.Half(block[208..]);
        for (var i = 0; i < 256; i++)
        {
            int half = i / 128, l = i % 128;
            var low = block[half * 64 + l % 64] >> l / 64 * 4 & 15;
            var high = block[128 + half * 32 + l % 32] >> l / 32 * 2 & 3;
            values[i] = d * (sbyte)block[192 + i / 16] * ((low | high << 4) - 32);
        }
    }
}
