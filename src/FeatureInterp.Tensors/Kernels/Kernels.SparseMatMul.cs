using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<SparseMatMulKernel> SparseMatMulOperation = new("sparse_matmul", Reference.SparseMatMul,
        SparseSimd<Vector128<float>, Simd128>.MatMul, SparseSimd<Vector256<float>, Simd256>.MatMul, SparseSimd<Vector512<float>, Simd512>.MatMul);

    /// <summary>
    /// <c>y[i,:] += Σ_e values[e] · w[indices[e],:]</c> over the entries e from <c>starts[i]</c> to before <c>starts[i+1]</c>: a sparse matrix in
    /// compressed rows times a dense one, such as few features times a decoder. Sums are fp32, in the order of the entries, on any number of threads.
    /// </summary>
    /// <param name="starts">Where each row's entries begin, and where the last one's end; one more than there are rows.</param>
    /// <param name="indices">The row of <paramref name="w"/> that each entry meets.</param>
    /// <param name="values">Each entry's value.</param>
    /// <param name="w">The dense matrix, shape [rows of w, length].</param>
    /// <param name="length">The number of elements of a row of <paramref name="w"/> and <paramref name="y"/>.</param>
    /// <param name="y">What is added to, shape [rows, length]; must not overlap <paramref name="w"/>.</param>
    /// <exception cref="ArgumentException">Lengths do not fit, or the starts do not ascend.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is not a row of <paramref name="w"/>.</exception>
    public static void SparseMatMul(ReadOnlySpan<int> starts, ReadOnlySpan<int> indices, ReadOnlySpan<float> values, ReadOnlySpan<float> w, int length, Span<float> y)
    {
        CheckRows(w.Length, length, nameof(w));
        CheckEntries(starts, indices, values.Length, w.Length / length);
        CheckLength(y.Length, (long)(starts.Length - 1) * length);
        if (indices.Length > 0)
            SparseMatMulOperation.Active(starts, indices, values, w, length, y);
    }

    private static void CheckEntries(ReadOnlySpan<int> starts, ReadOnlySpan<int> indices, int values, int rows)
    {
        CheckLength(values, indices.Length);
        if (starts.Length == 0 || starts[0] != 0 || starts[^1] != indices.Length)
            throw new ArgumentException($"starts must begin with 0 and end with the number of entries, {indices.Length}.", nameof(starts));
        for (var i = 1; i < starts.Length; i++)
        {
            if (starts[i] < starts[i - 1])
                throw new ArgumentException($"starts must ascend, but {starts[i]} follows {starts[i - 1]}.", nameof(starts));
        }

        foreach (var index in indices)
        {
            if ((uint)index >= (uint)rows)
                throw new ArgumentOutOfRangeException(nameof(indices), $"Index {index} is not one of {rows} rows.");
        }
    }
}
