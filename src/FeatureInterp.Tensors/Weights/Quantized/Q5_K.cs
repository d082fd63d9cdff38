namespace FeatureInterp.Tensors;

/// <summary>
/// <c>w[i] = d · s[g] · q[i] − m · t[g]</c> with q from 0 to 31 and g = i / 32. Layout: d, m, the 12 bytes of s and t as in
/// <see cref="Q4_K"/>; 32 bytes, of which bit g of byte i % 32 is the highest of q[i]; 128 bytes with the lower four, in the order
/// of <see cref="Q4_K"/>.
/// </summary>
internal readonly struct Q5_K : IBlock
{
    public const int Bytes = 2 + 2 + 12 + 32 + 128;

    public static int Elements => 256;

    public static int Size => Bytes;

    public static void Widen(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Blocks.Half(block), m = Blocks.Half(block[2..]);
        for (var i = 0; i < 256; i++)
        {
            var (scale, minimum) = Q4_K.Scales(block.Slice(4, 12), i / 32);
            var q = (block[48 + i / 64 * 32 + i % 32] >> i % 64 / 32 * 4 & 15) | (block[16 + i % 32] >> i / 32 & 1) << 4;
            values[i] = d * scale * q - m * minimum;
        }
    }
}
