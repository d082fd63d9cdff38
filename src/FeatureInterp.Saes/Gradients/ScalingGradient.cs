using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// Back through an input's normalisation (<see cref="TokenScaling"/>). Its factors are made of the input, so a change of the input also changes them,
/// both on the way in and where the reconstruction is put back on the input's scale.
/// </summary>
internal static class ScalingGradient
{
    /// <summary>dL/dn, n the normalised input, to dL/dx, in place.</summary>
    /// <param name="config">What is done to an input.</param>
    /// <param name="x">The input as it came, [row, d_in].</param>
    /// <param name="reconstruction">f·W_dec + b_dec before it is put back on the input's scale, [row, d_out]; null where it is not put back.</param>
    /// <param name="output">dL/d(reconstruction on the input's scale), [row, d_out].</param>
    /// <param name="gradient">dL/dn; becomes dL/dx, [row, d_in].</param>
    public static void Back(SaeConfig config, Tensor x, Tensor? reconstruction, Tensor output, Tensor gradient)
    {
        for (var t = 0; t < x.Shape[0]; t++)
        {
            ReadOnlySpan<float> r = reconstruction is null ? [] : reconstruction.Row(t), g = reconstruction is null ? [] : output.Row(t);
            switch (config.Normalization)
            {
                case SaeNormalization.ConstantScalarRescale:
                    TensorPrimitives.Multiply(gradient.Row(t), (float)config.NormalizationFactor, gradient.Row(t));
                    break;
                case SaeNormalization.ConstantNormRescale:
                    ConstantNorm(x.Row(t), r, g, gradient.Row(t));
                    break;
                case SaeNormalization.LayerNorm:
                    LayerNorm(x.Row(t), r, g, gradient.Row(t));
                    break;
            }
        }
    }

    // n = s·x with s = √d/‖x‖, out = r/s: ds/dx = −s·x/‖x‖², d(1/s)/dx = x/(‖x‖·√d).
    private static void ConstantNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> r, ReadOnlySpan<float> g, Span<float> gradient)
    {
        double norm = Math.Sqrt(Dot(x, x)), root = Math.Sqrt(x.Length), s = root / norm;
        var along = -s * Dot(gradient, x) / (norm * norm) + Dot(g, r) / (norm * root);
        for (var i = 0; i < x.Length; i++)
            gradient[i] = (float)(s * gradient[i] + along * x[i]);
    }

    // n = (x − μ)/(σ + ε), out = r·σ + μ: dμ/dx = 1/d, dσ/dx = (x − μ)/((d − 1)·σ).
    private static void LayerNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> r, ReadOnlySpan<float> g, Span<float> gradient)
    {
        double mean = 0, squares = 0, centred = 0, total = 0, shift = 0;
        foreach (var v in x)
            mean += v / (double)x.Length;
        for (var i = 0; i < x.Length; i++)
        {
            squares += (x[i] - mean) * (x[i] - mean);
            centred += gradient[i] * (x[i] - mean);
            total += gradient[i];
        }

        foreach (var v in g)
            shift += v;
        double deviation = Math.Sqrt(squares / (x.Length - 1)), scale = deviation + 1e-5;
        var toMean = (shift - total / scale) / x.Length;
        var toDeviation = deviation == 0 ? 0 : (Dot(g, r) - centred / (scale * scale)) / ((x.Length - 1) * deviation);
        for (var i = 0; i < x.Length; i++)
            gradient[i] = (float)(gradient[i] / scale + toMean + toDeviation * (x[i] - mean));
    }

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }
}
