using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<RmsNormKernel> RmsNormOperation = new("rms_norm", Reference.RmsNorm,
        RowsSimd<Vector128<float>, Simd128>.RmsNorm, RowsSimd<Vector256<float>, Simd256>.RmsNorm, RowsSimd<Vector512<float>, Simd512>.RmsNorm);
    private static readonly KernelOperation<RmsScaleKernel> RmsScaleOperation = new("rms_scale", Reference.RmsScale,
        RowsSimd<Vector128<float>, Simd128>.RmsScale, RowsSimd<Vector256<float>, Simd256>.RmsScale, RowsSimd<Vector512<float>, Simd512>.RmsScale);
    private static readonly KernelOperation<LayerNormKernel> LayerNormOperation = new("layer_norm", Reference.LayerNorm,
        RowsSimd<Vector128<float>, Simd128>.LayerNorm, RowsSimd<Vector256<float>, Simd256>.LayerNorm, RowsSimd<Vector512<float>, Simd512>.LayerNorm);

    /// <summary><c>y = x / √(mean(x²) + eps) · gain</c> for every row (Zhang and Sennrich 2019). Gemma's gain is 1 + its stored
    /// weight: add the 1 once, at load.</summary>
    /// <param name="x">The rows, shape [rows, d].</param>
    /// <param name="gain">One factor per column, shape [d].</param>
    /// <param name="eps">What keeps a row of zeros finite.</param>
    /// <param name="y">Receives the result, shape [rows, d]; may be <paramref name="x"/> itself.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, float eps, Span<float> y)
    {
        CheckRows(x.Length, gain.Length, nameof(x));
        CheckLength(y.Length, x.Length);
        if (x.Length > 0)
            RmsNormOperation.Active(x, gain, eps, y);
    }

    /// <summary><c>scales[r] = √(mean(x[r]²) + eps)</c>: what <see cref="RmsNorm"/> divides a row by, and after <see cref="CentreRows"/> what <see cref="LayerNorm"/> does.</summary>
    /// <param name="x">The rows, shape [rows, length].</param>
    /// <param name="length">The length of a row.</param>
    /// <param name="eps">What keeps a row of zeros from giving zero.</param>
    /// <param name="scales">Receives one number per row.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void RmsScale(ReadOnlySpan<float> x, int length, float eps, Span<float> scales)
    {
        CheckRows(x.Length, length, nameof(x));
        CheckLength(scales.Length, x.Length / length);
        if (x.Length > 0)
            RmsScaleOperation.Active(x, length, eps, scales);
    }

    /// <summary><c>y = (x − mean(x)) / √(mean((x − mean(x))²) + eps) · gain + bias</c> for every row (Ba et al. 2016).</summary>
    /// <param name="x">The rows, shape [rows, d].</param>
    /// <param name="gain">One factor per column, shape [d].</param>
    /// <param name="bias">One term per column, shape [d].</param>
    /// <param name="eps">What keeps a constant row finite.</param>
    /// <param name="y">Receives the result, shape [rows, d]; may be <paramref name="x"/> itself.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void LayerNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, float eps, Span<float> y)
    {
        CheckRows(x.Length, gain.Length, nameof(x));
        CheckLength(bias.Length, gain.Length);
        CheckLength(y.Length, x.Length);
        if (x.Length > 0)
            LayerNormOperation.Active(x, gain, bias, eps, y);
    }
}
