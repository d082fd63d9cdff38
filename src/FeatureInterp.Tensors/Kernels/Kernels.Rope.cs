using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<RopeKernel> RopeOperation = new("rope", Reference.Rope,
        RowsSimd<Vector128<float>, Simd128>.Rope, RowsSimd<Vector256<float>, Simd256>.Rope, RowsSimd<Vector512<float>, Simd512>.Rope);

    /// <summary>
    /// Rotary position embedding in place, half-split as Llama and Gemma store it: with half = headDim / 2, each pair
    /// <c>(a, b) = (x[p,h,i], x[p,h,i + half])</c> becomes <c>(a·cos − b·sin, b·cos + a·sin)</c> with <c>cos[p,i], sin[p,i]</c>
    /// (Su et al. 2021).
    /// </summary>
    /// <param name="x">What is rotated, shape [positions, heads, headDim].</param>
    /// <param name="heads">The number of heads.</param>
    /// <param name="headDim">The size of a head, even.</param>
    /// <param name="cos">Cosines, shape [positions, headDim / 2].</param>
    /// <param name="sin">Sines, shape [positions, headDim / 2].</param>
    /// <exception cref="ArgumentException">Lengths do not fit or <paramref name="headDim"/> is odd.</exception>
    public static void Rope(Span<float> x, int heads, int headDim, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin)
    {
        if (heads < 1 || headDim < 2 || headDim % 2 != 0)
            throw new ArgumentException($"Cannot rotate {heads} heads of {headDim}: there must be a head and its size must be even.", nameof(headDim));
        CheckRows(x.Length, checked(heads * headDim), nameof(x));
        CheckLength(cos.Length, x.Length / heads / 2);
        CheckLength(sin.Length, cos.Length);
        if (x.Length > 0)
            RopeOperation.Active(x, heads, headDim, cos, sin);
    }
}
