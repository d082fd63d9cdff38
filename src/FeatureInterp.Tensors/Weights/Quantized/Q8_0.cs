namespace FeatureInterp.Tensors;

/// <summary>
/// <c>w[i] = d · q[i]</c> with signed bytes q. Layout: d, then q[0] … q[31].
/// </summary>
internal readonly struct Q8_0 : IBlock
{
    public const int Bytes = 2 + 32;

    public static int Elements => 32;

    public static int Size => Bytes;

    public static void Widen(ReadOnlySpan<byte> block, Span<float> values)
    {
        var d = Blocks.Half(block);
        for (var i = 0; i < 32; i++)
            values[i] = d * (sbyte)block[2 + i];
    }
}
