using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<SoftmaxRowsKernel> SoftmaxRowsOperation = new("softmax_rows", Reference.SoftmaxRows,
        SoftmaxSimd<Vector128<float>, Simd128>.SoftmaxRows, SoftmaxSimd<Vector256<float>, Simd256>.SoftmaxRows, SoftmaxSimd<Vector512<float>, Simd512>.SoftmaxRows);
    private static readonly KernelOperation<UnaryKernel> SoftmaxOperation = new("softmax", Reference.Softmax,
        SoftmaxSimd<Vector128<float>, Simd128>.Softmax, SoftmaxSimd<Vector256<float>, Simd256>.Softmax, SoftmaxSimd<Vector512<float>, Simd512>.Softmax);
    private static readonly KernelOperation<ReduceKernel> LogSumExpOperation = new("log_sum_exp", Reference.LogSumExp,
        SoftmaxSimd<Vector128<float>, Simd128>.LogSumExp, SoftmaxSimd<Vector256<float>, Simd256>.LogSumExp, SoftmaxSimd<Vector512<float>, Simd512>.LogSumExp);

    /// <summary><see cref="Softmax"/> of every row, in place.</summary>
    /// <param name="rows">The rows, shape [rows, length].</param>
    /// <param name="length">The length of a row.</param>
    /// <exception cref="ArgumentException"><paramref name="rows"/> is not a whole number of rows.</exception>
    public static void SoftmaxRows(Span<float> rows, int length)
    {
        CheckRows(rows.Length, length, nameof(rows));
        if (rows.Length > 0)
            SoftmaxRowsOperation.Active(rows, length);
    }

    /// <summary>
    /// <c>y[i] = exp(x[i] − max x) / Σ_j exp(x[j] − max x)</c>. Elements of −∞ give 0, and 0 is also what a row of nothing but
    /// −∞ gives; NaN or +∞ anywhere gives NaN. Terms below 2⁻¹²⁶ (subnormal numbers) may
    /// count as 0.
    /// </summary>
    /// <param name="x">The logits.</param>
    /// <param name="y">Receives the probabilities; may be <paramref name="x"/> itself.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Softmax(ReadOnlySpan<float> x, Span<float> y)
    {
        CheckLength(y.Length, x.Length);
        if (x.Length > 0)
            SoftmaxOperation.Active(x, y);
    }

    /// <summary><c>log Σ_i exp(x[i])</c>; −∞ when there is nothing but −∞, or nothing at all.</summary>
    /// <param name="x">The logits.</param>
    public static float LogSumExp(ReadOnlySpan<float> x) =>
        x.Length == 0 ? float.NegativeInfinity : LogSumExpOperation.Active(x);
}
