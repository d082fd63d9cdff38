using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<SparseDotsKernel> SparseDotsOperation = new("sparse_dots", Reference.SparseDots,
        SparseSimd<Vector128<float>, Simd128>.Dots, SparseSimd<Vector256<float>, Simd256>.Dots, SparseSimd<Vector512<float>, Simd512>.Dots);

    /// <summary>
    /// <c>dots[e] = Σ_j x[i,j] · w[indices[e],j]</c> for the entries e from <c>starts[i]</c> to before <c>starts[i+1]</c>: the elements of x·wᵀ that are
    /// asked for, and no others. Sums are fp32; a dot product's rounding depends on nothing but its two rows.
    /// </summary>
    /// <param name="starts">Where each row's entries begin, and where the last one's end; one more than there are rows.</param>
    /// <param name="indices">The row of <paramref name="w"/> that each entry asks for.</param>
    /// <param name="x">The one matrix, shape [rows, length].</param>
    /// <param name="w">The other, shape [rows of w, length].</param>
    /// <param name="length">The number of elements of a row of both.</param>
    /// <param name="dots">Receives the dot products, one an entry.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the starts do not ascend.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is not a row of <paramref name="w"/>.</exception>
    public static void SparseDots(ReadOnlySpan<int> starts, ReadOnlySpan<int> indices, ReadOnlySpan<float> x, ReadOnlySpan<float> w, int length, Span<float> dots)
    {
        CheckRows(w.Length, length, nameof(w));
        CheckEntries(starts, indices, dots.Length, w.Length / length);
        CheckLength(x.Length, (long)(starts.Length - 1) * length);
        if (indices.Length > 0)
            SparseDotsOperation.Active(starts, indices, x, w, length, dots);
    }
}
