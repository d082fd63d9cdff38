using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<TopKKernel> TopKOperation = new("top_k", Reference.TopK,
        TopKSimd<Vector128<float>, Simd128>.TopK, TopKSimd<Vector256<float>, Simd256>.TopK, TopKSimd<Vector512<float>, Simd512>.TopK);

    /// <summary>The <c>indices.Length</c> largest elements, largest first; equal ones in the order of their indices, NaN after
    /// every number.</summary>
    /// <param name="x">The elements.</param>
    /// <param name="indices">Receives their places in <paramref name="x"/>.</param>
    /// <param name="values">Receives the elements themselves, as many as <paramref name="indices"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ or more elements are asked for than there are.</exception>
    public static void TopK(ReadOnlySpan<float> x, Span<int> indices, Span<float> values)
    {
        CheckLength(values.Length, indices.Length);
        if (indices.Length > x.Length)
            throw new ArgumentException($"Cannot pick the {indices.Length} largest of {x.Length} elements.", nameof(indices));
        if (indices.Length > 0)
            TopKOperation.Active(x, indices, values);
    }
}
