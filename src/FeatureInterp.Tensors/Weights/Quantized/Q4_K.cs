namespace FeatureInterp.Tensors;

/// <summary>
/// <c>w[i] = d · s[g] · q[i] − m · t[g]</c> with q from 0 to 15, s and t from 0 to 63 and g = i / 32. Layout: d, m, 12 bytes of s
/// and t, 128 bytes of q. Of each 64 elements, byte l of their 32 bytes holds q[l] below and q[l + 32] above. For g &lt; 4, s[g]
/// is the lower six bits of byte g and t[g] those of byte g + 4; for the others byte g + 4 holds four bits of s below and of t
/// above, and the two that are missing lie on top of bytes g − 4 and g.
/// </summary>
internal readonly struct Q4_K : IBlock
{
    public const int Bytes = 2 + 2 + 12 + 128;

    public static int Elements => 256;

    public static int Size => Bytes;

    public static void Widen(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = Blocks.Half(block), m = Blocks.Half(block[2..]);
        for (var i = 0; i < 256; i++)
        {
            var (scale, minimum) = Scales(block.Slice(4, 12), i / 32);
            var q = block[16 + i / 64 * 32 + i % 32] >> i % 64 / 32 * 4 & 15;
            values[i] = d * scale * q - m * minimum;
        }
    }

    /// <summary>The six bits of s[g] and of t[g].</summary>
    public static (int Scale, int Minimum) Scales(ReadOnlySpan<byte> bytes, int g)
    {
        if (g < 4)
            return (bytes[g] & 63, bytes[g + 4] & 63);
        return ((bytes[g + 4] & 15) | bytes[g - 4] >> 6 << 4, bytes[g + 4] >> 4 | bytes[g] >> 6 << 4);
    }
}
