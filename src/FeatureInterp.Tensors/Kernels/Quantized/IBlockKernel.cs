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

/// <summary>
/// A block format whose dot product with a row of activations is taken straight from the blocks. Within a group of elements
/// with one scale s and one minimum t, <c>Σ (s·q[i] + t)·x[i] = s·Σ q[i]·x[i] + t·Σ x[i]</c>: the last sum is the same for every
/// row of the weight and is made once, as a term.
/// </summary>
internal unsafe interface IBlockDot : IBlockKernel
{
    /// <summary>How many binary16 numbers begin a block, 0 where the format unpacks its scales by itself; they are widened for
    /// a whole row ahead of its dot product.</summary>
    static abstract int Halves { get; }

    /// <summary>Terms per block; where there are <see cref="Halves"/>, one for each of them or none.</summary>
    static abstract int Terms { get; }

    /// <summary>Writes the terms of one block: what its widened scales are multiplied with besides.</summary>
    static abstract void StoreTerms<V, S>(float* x, float* terms)
        where V : struct
        where S : struct, ISimd<V>;

    /// <summary>The dot product of a row of blocks with x, as a vector whose elements are yet to be added up; for formats with
    /// <see cref="Halves"/> without the terms.</summary>
    /// <param name="row">The blocks.</param>
    /// <param name="blocks">Their number.</param>
    /// <param name="x">As many activations as the blocks have elements.</param>
    /// <param name="terms">The terms of all blocks.</param>
    /// <param name="scales">The widened halves of all blocks, or room for 16 numbers.</param>
    static abstract V Dot<V, S>(byte* row, int blocks, float* x, float* terms, float* scales)
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
