using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<RowsKernel> LinearRowsOperation = new("linear_rows", Reference.LinearRows,
        MatrixSimd<Vector128<float>, Simd128>.LinearRows, MatrixSimd<Vector256<float>, Simd256>.LinearRows, MatrixSimd<Vector512<float>, Simd512>.LinearRows);

    /// <summary>
    /// <c>y[i·pitch + j] = Σ_p x[i,p] · W[j,p]</c>, each row bit for bit as <see cref="Linear"/> computes it by itself: several texts
    /// that take one token each, whose numbers must not depend on each other. Weights are read once for all rows. One thread.
    /// </summary>
    /// <param name="x">The rows, shape [m, k].</param>
    /// <param name="w">The weight, shape [n, k], in F32, BF16, F16 or blocks.</param>
    /// <param name="y">Receives the results, n of each row; must not overlap <paramref name="x"/>.</param>
    /// <param name="pitch">How far apart the rows of <paramref name="y"/> are, at least n.</param>
    /// <exception cref="ArgumentException">Lengths do not fit or the weight's elements are of another type.</exception>
    public static void LinearRows(ReadOnlySpan<float> x, Weight w, Span<float> y, int pitch)
    {
        var m = RowsOf(x.Length, w.RowLength, w);
        ArgumentOutOfRangeException.ThrowIfLessThan(pitch, w.RowCount);
        var needed = m == 0 ? 0 : checked((m - 1) * pitch + w.RowCount);
        if (y.Length < needed)
            throw new ArgumentException($"The result has {y.Length} elements where {needed} are needed.", nameof(y));
        if (needed > 0)
            LinearRowsOperation.Active(x, w, y, pitch);
    }
}
