namespace FeatureInterp.Tensors;

/// <summary>A block format as the matrix multiply reads it: widened, a block at a time, to exactly what its
/// <see cref="IBlock"/> gives.</summary>
internal unsafe interface IBlockKernel
{
    static abstract int Elements { get; }

    static abstract int Size { get; }

    /// <summary>The elements of one block as fp32.</summary>
    static abstract void Widen<V, S>(byte* block, float* values)
        where V : struct
        where S : struct, ISimd<V>;
}

/// <summary>A format without a fast way: its naive twin, one block at a time.</summary>
internal readonly unsafe struct PlainBlock<B> : IBlockKernel
    where B : struct, IBlock
{
    public static int Elements => B.Elements;

    public static int Size => B.Size;

    public static void Widen<V, S>(byte* block, float* values)
        where V : struct
        where S : struct, ISimd<V> => B.Widen(new ReadOnlySpan<byte>(block, B.Size), new Span<float>(values, B.Elements));
}
