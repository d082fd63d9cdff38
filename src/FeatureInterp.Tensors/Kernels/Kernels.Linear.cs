using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<MatrixKernel> LinearOperation = new("linear", Reference.Linear,
        MatrixSimd<Vector128<float>, Simd128>.Linear, MatrixSimd<Vector256<float>, Simd256>.Linear, MatrixSimd<Vector512<float>, Simd512>.Linear);

    /// <summary>
    /// <c>y[i,j] = Σ_p x[i,p] · W[j,p]</c>: a linear layer with its weight stored as Hugging Face stores it. Sums are fp32.
    /// With two rows or more, an element's rounding depends on the number of columns p alone, so a row comes out the same in
    /// a batch of any size and on any number of threads; a single row takes another path and may differ by rounding.
    /// Quantised blocks are multiplied as the fp32 numbers they stand for (<see cref="Weight.CopyRow"/>), the input stays fp32.
    /// </summary>
    /// <param name="x">The input, shape [m, k].</param>
    /// <param name="w">The weight, shape [n, k], in F32, BF16, F16 or blocks.</param>
    /// <param name="y">Receives the result, shape [m, n]; must not overlap <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">Lengths do not fit or the weight's elements are of another type.</exception>
    public static void Linear(ReadOnlySpan<float> x, Weight w, Span<float> y)
    {
        var m = RowsOf(x.Length, w.RowLength, w);
        CheckLength(y.Length, (long)m * w.RowCount);
        if (y.Length > 0)
            LinearOperation.Active(x, w, y);
    }
}
