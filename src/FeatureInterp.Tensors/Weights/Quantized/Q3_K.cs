namespace FeatureInterp.Tensors;

/// <summary>
/// <c>w[i] = d · (s[g] − 32) · (q[i] − 4)</c> with q from 0 to 7, s from 0 to 63 and g = i / 16. Layout: 32 bytes, of which bit
/// i / 32 of byte i % 32 is the highest of q[i]; 64 bytes with the lower two, in the order of <see cref="Q2_K"/>; 12 bytes of s;
/// d. The lower four bits of s[g] lie in byte g % 8 (above for g ≥ 8), the upper two in byte 8 + g % 4 at bit 2 · (g / 4).
/// </summary>
internal readonly struct Q3_K : IBlock
{
    public const int Bytes = 32 + 64 + 12 + 2;

    public static int Elements => 256;

    public static int Size => Bytes;

    public static void Widen(ReadOnlySpan<byte> block, Span<float> values)
    {
        var d = Blocks.Half(block[108..]);
        for (var i = 0; i < 256; i++)
        {
            var q = (block[32 + i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3) | (block[i % 32] >> i / 32 & 1) << 2;
            values[i] = d * (Scale(block.Slice(96, 12), i / 16) - 32) * (q - 4);
        }
    }

    private static int Scale(ReadOnlySpan<byte> s, int g)
    {
        var low = g < 8 ? s[g] & 15 : s[g - 8] >> 4;
        return low | (s[8 + g % 4] >> g / 4 * 2 & 3) << 4;
    }
}
