using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<AboveKernel> AboveOperation = new("above", Reference.Above,
        AboveSimd<Vector128<float>, Simd128>.Above, AboveSimd<Vector256<float>, Simd256>.Above, AboveSimd<Vector512<float>, Simd512>.Above);

    /// <summary>The places i, in order, where <c>x[i] &gt; limits[i]</c>; a NaN is above nothing.</summary>
    /// <param name="x">The elements.</param>
    /// <param name="limits">What each is compared with, as many.</param>
    /// <param name="indices">Receives the places; must have room for all of <paramref name="x"/>.</param>
    /// <returns>How many there are.</returns>
    /// <exception cref="ArgumentException">The lengths differ or there is too little room.</exception>
    public static int Above(ReadOnlySpan<float> x, ReadOnlySpan<float> limits, Span<int> indices)
    {
        CheckLength(limits.Length, x.Length);
        if (indices.Length < x.Length)
            throw new ArgumentException($"indices has room for {indices.Length} places, but {x.Length} may be above.", nameof(indices));
        return AboveOperation.Active(x, limits, indices);
    }
}
