using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<ScaledRowKernel> AddScaledRowOperation = new("add_scaled_row", Reference.AddScaledRow,
        MatrixSimd<Vector128<float>, Simd128>.AddScaledRow, MatrixSimd<Vector256<float>, Simd256>.AddScaledRow, MatrixSimd<Vector512<float>, Simd512>.AddScaledRow);

    /// <summary><c>y[j] += scale · W[row,j]</c>: one term of a sparse decoder.</summary>
    /// <param name="w">The weight, shape [rows, n], in F32, BF16, F16 or blocks.</param>
    /// <param name="row">The row to add.</param>
    /// <param name="scale">What it is multiplied with.</param>
    /// <param name="y">What it is added to, shape [n].</param>
    /// <exception cref="ArgumentException">Lengths do not fit or the weight's elements are of another type.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The weight has no such row.</exception>
    public static void AddScaledRow(Weight w, int row, float scale, Span<float> y)
    {
        CheckElements(w);
        CheckLength(y.Length, w.RowLength);
        if ((uint)row >= (uint)w.RowCount)
            throw new ArgumentOutOfRangeException(nameof(row), $"Row {row} is not in '{w.Name}' [{w.RowCount}, {w.RowLength}].");
        AddScaledRowOperation.Active(w, row, scale, y);
    }
}
