namespace FeatureInterp.Tensors;

/// <summary>
/// <c>w[i] = d · (s[g] &amp; 15) · q[i] − m · (s[g] &gt;&gt; 4)</c> with q from 0 to 3 and g = i / 16. Layout: the 16 bytes s, 64 bytes of
/// q, d, m. Of each half of 128 elements, byte l of its 32 bytes holds q[l], q[l + 32], q[l + 64] and q[l + 96], lowest first.
/// </summary>
internal readonly struct Q2_K : IBlock
{
    public const int Bytes = 16 + 64 + 2 + 2;

    public static int Elements => 256;

    public static int Size => Bytes;

    public static void Widen(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Blocks.Half(block[80..]), m = Blocks.Half(block[82..]);
        for (var i = 0; i < 256; i++)
        {
            var scale = block[i / 16];
            var q = block[16 + i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
            values[i] = d * (scale & 15) * q - m * (scale >> 4);
        }
    }
}
