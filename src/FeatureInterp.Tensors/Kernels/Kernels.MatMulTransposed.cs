using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<MatMulTransposedKernel> MatMulTransposedOperation = new("matmul_transposed", Reference.MatMulTransposed,
        MatMulTransposedSimd<Vector128<float>, Simd128>.Multiply, MatMulTransposedSimd<Vector256<float>, Simd256>.Multiply, MatMulTransposedSimd<Vector512<float>, Simd512>.Multiply);

    /// <summary>
    /// <c>y[p,j] = Σ_i a[i,p] · b[i,j]</c>: the gradient of a weight from what went into it and the gradient of what came out.
    /// Sums are fp32; an element's rounding depends on the number of rows i alone, not on the number of threads.
    /// </summary>
    /// <param name="a">The one, shape [rows, k].</param>
    /// <param name="b">The other, shape [rows, n].</param>
    /// <param name="rows">The number of rows of both, at least 1.</param>
    /// <param name="y">Receives the result, shape [k, n]; must not overlap an input.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void MatMulTransposed(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int rows, Span<float> y)
    {
        if (rows < 1 || a.Length % rows != 0 || b.Length % rows != 0)
            throw new ArgumentException($"{a.Length} and {b.Length} elements are not {rows} whole rows of each.", nameof(rows));
        CheckLength(y.Length, (long)(a.Length / rows) * (b.Length / rows));
        if (y.Length > 0)
            MatMulTransposedOperation.Active(a, b, rows, y);
    }
}
