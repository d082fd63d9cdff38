using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<ColumnsKernel> MatMulColumnsOperation = new("matmul_columns", Reference.MatMulColumns,
        MatrixSimd<Vector128<float>, Simd128>.MatMulColumns, MatrixSimd<Vector256<float>, Simd256>.MatMulColumns, MatrixSimd<Vector512<float>, Simd512>.MatMulColumns);

    /// <summary>
    /// <c>y[i,c] = Σ_p x[i,p] · W[p,columns[c]]</c>: <see cref="MatMul"/> for a handful of columns, of which it gives the same
    /// numbers. Reads nothing of the weight but those columns.
    /// Quantised blocks, which run along n, are read correctly but slowly.
    /// </summary>
    /// <param name="x">The input, shape [m, k].</param>
    /// <param name="w">The weight, shape [k, n], in F32, BF16, F16 or blocks.</param>
    /// <param name="columns">The columns wanted, each from 0 to n − 1, in any order, repeats allowed.</param>
    /// <param name="y">Receives the result, shape [m, columns]; must not overlap <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">Lengths do not fit or the weight's elements are of another type.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The weight has no such column.</exception>
    public static void MatMulColumns(ReadOnlySpan<float> x, Weight w, ReadOnlySpan<int> columns, Span<float> y)
    {
        var m = RowsOf(x.Length, w.RowCount, w);
        CheckLength(y.Length, (long)m * columns.Length);
        foreach (var column in columns)
        {
            if ((uint)column >= (uint)w.RowLength)
                throw new ArgumentOutOfRangeException(nameof(columns), $"Column {column} is not in '{w.Name}' [{w.RowCount}, {w.RowLength}].");
        }

        if (y.Length > 0)
            MatMulColumnsOperation.Active(x, w, columns, y);
    }
}
