using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<RopeKernel> RopeOperation = new("rope", Reference.Rope,
        RowsSimd<Vector128<float>, Simd128>.Rope, RowsSimd<Vector256<float>, Simd256>.Rope, RowsSimd<Vector512<float>, Simd512>.Rope);

    /// <summary>
    /// Rotary position embedding in place, half-split as Llama and Gemma store it: each pair
    /// <c>(a, b) = (x[p,h,i], x[p,h,i + half])</c> becomes <c>(a·cos − b·sin, b·cos + a·sin)</c> with <c>cos[p,i], sin[p,i]</c>
    /// (Su et al. 2021). Where half is less than headDim / 2, as in GPT-NeoX, only the first 2·half values of a head are turned.
    /// </summary>
    /// <param name="x">What is rotated, shape [positions, heads, headDim].</param>
    /// <param name="heads">The number of heads.</param>
    /// <param name="headDim">The size of a head.</param>
    /// <param name="cos">Cosines, shape [positions, half], half at most headDim / 2.</param>
    /// <param name="sin">Sines, shape [positions, half].</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void Rope(Span<float> x, int heads, int headDim, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin)
    {
        if (heads < 1 || headDim < 2)
            throw new ArgumentException($"Cannot rotate {heads} heads of {headDim}: there must be a head of at least two values.", nameof(headDim));
        CheckRows(x.Length, checked(heads * headDim), nameof(x));
        var positions = x.Length / heads / headDim;
        if (positions > 0 && (cos.Length % positions != 0 || cos.Length / positions > headDim / 2))
            throw new ArgumentException($"{cos.Length} cosines do not fit {positions} positions of heads of {headDim}.", nameof(cos));
        CheckLength(sin.Length, cos.Length);
        if (x.Length > 0 && cos.Length > 0)
            RopeOperation.Active(x, heads, headDim, cos, sin);
    }
}
