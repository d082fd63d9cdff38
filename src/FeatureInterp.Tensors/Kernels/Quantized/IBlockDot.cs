namespace FeatureInterp.Tensors;

/// <summary>
/// A block format whose dot product with a row of activations is taken straight from the blocks. Within a group of elements
/// with one scale s and one minimum t, <c>Σ (s·q[i] + t)·x[i] = s·Σ q[i]·x[i] + t·Σ x[i]</c>: the last sum, a term, is the same
/// for every row of the weight, and like all else that depends on x alone it is made once a call.
/// </summary>
internal unsafe interface IBlockDot : IBlockKernel
{
    /// <summary>Terms per block.</summary>
    static abstract int Terms { get; }

    /// <summary>Makes of the activations that meet one block what <see cref="Dots"/> wants, as many again, and the terms.</summary>
    static abstract void Prepare<V, S>(float* x, float* prepared, float* terms)
        where V : struct
        where S : struct, ISimd<V>;

    /// <summary>y[j] = Σ_p x[p] · w[j,p] for n rows of blocks, one after the other.</summary>
    /// <param name="x">The prepared activations, at a multiple of 64 bytes.</param>
    /// <param name="terms">The terms of all blocks, then zeros for another vector.</param>
    /// <param name="w">The first block.</param>
    /// <param name="n">The number of rows.</param>
    /// <param name="blocks">The number of blocks in a row.</param>
    /// <param name="y">Receives n numbers.</param>
    static abstract void Dots<V, S>(float* x, float* terms, byte* w, int n, int blocks, float* y)
        where V : struct
        where S : struct, ISimd<V>;
}

/// <summary>Blocks of 32 that begin with their scale, then perhaps a minimum, in binary16; terms are as many as these, or none.
/// <see cref="ScaledRows{V, S}"/> goes over them.</summary>
internal unsafe interface IScaledBlock : IBlockDot
{
    /// <summary>1 for a scale, 2 for a scale and a minimum.</summary>
    static abstract int Halves { get; }

    /// <summary>Σ q[i]·x[i], yet to be added up and multiplied with the scale.</summary>
    static abstract V Dot<V, S>(byte* block, float* x)
        where V : struct
        where S : struct, ISimd<V>;
}

/// <summary>Blocks of 256 with scales of several kinds; 16 terms each. <see cref="SuperRows{V, S}"/> goes over them.</summary>
internal unsafe interface ISuperBlock : IBlockDot
{
    /// <summary>The dot product of a row, yet to be added up.</summary>
    /// <param name="row">The blocks.</param>
    /// <param name="blocks">Their number.</param>
    /// <param name="x">As many activations as the blocks have elements.</param>
    /// <param name="terms">The terms of all blocks.</param>
    /// <param name="scales">Room for 16 numbers.</param>
    static abstract V Dot<V, S>(byte* row, int blocks, float* x, float* terms, float* scales)
        where V : struct
        where S : struct, ISimd<V>;
}
