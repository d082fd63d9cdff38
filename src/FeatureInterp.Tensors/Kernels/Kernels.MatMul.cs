using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<MatrixKernel> MatMulOperation = new("matmul", Reference.MatMul,
        MatrixSimd<Vector128<float>, Simd128>.MatMul, MatrixSimd<Vector256<float>, Simd256>.MatMul, MatrixSimd<Vector512<float>, Simd512>.MatMul);

    /// <summary>
    /// <c>y[i,j] = Σ_p x[i,p] · W[p,j]</c>: a product with a weight stored input-first, as SAELens stores W_enc. Sums are fp32
    /// and an element's rounding depends on the number of rows p of the weight alone: a row of x gives the same numbers in a
    /// batch of any size, alone, and on any number of threads.
    /// Quantised blocks, which run along n, are read correctly but slowly.
    /// </summary>
    /// <param name="x">The input, shape [m, k].</param>
    /// <param name="w">The weight, shape [k, n], in F32, BF16, F16 or blocks.</param>
    /// <param name="y">Receives the result, shape [m, n]; must not overlap <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">Lengths do not fit or the weight's elements are of another type.</exception>
    public static void MatMul(ReadOnlySpan<float> x, Weight w, Span<float> y)
    {
        var m = RowsOf(x.Length, w.RowCount, w);
        CheckLength(y.Length, (long)m * w.RowLength);
        if (y.Length > 0)
            MatMulOperation.Active(x, w, y);
    }
}
