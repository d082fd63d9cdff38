namespace FeatureInterp.Tensors;

internal static partial class Reference
{
    public static void SoftmaxRows(Span<float> rows, int length)
    {
        for (var start = 0; start < rows.Length; start += length)
            Softmax(rows.Slice(start, length), rows.Slice(start, length));
    }

    public static void Softmax(ReadOnlySpan<float> x, Span<float> y)
    {
        var max = Max(x);
        if (float.IsNegativeInfinity(max))
        {
            y.Clear();
            return;
        }

        var sum = 0.0;
        foreach (var value in x)
            sum += Math.Exp((double)value - max);
        for (var i = 0; i < x.Length; i++)
            y[i] = (float)(Math.Exp((double)x[i] - max) / sum);
    }

    public static float LogSumExp(ReadOnlySpan<float> x)
    {
        var max = Max(x);
        if (float.IsInfinity(max))
            return max;
        var sum = 0.0;
        foreach (var value in x)
            sum += Math.Exp((double)value - max);
        return (float)(max + Math.Log(sum));
    }

    // Norms are their parts one after the other, each rounded to fp32, as a run that looks at the parts computes them.
    public static void RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, float eps, Span<float> y)
    {
        var scales = new float[x.Length / gain.Length];
        RmsScale(x, gain.Length, eps, scales);
        DivideRows(x, scales, y);
        ScaleRows(y, gain, [], y);
    }

    public static void RmsScale(ReadOnlySpan<float> x, int length, float eps, Span<float> scales)
    {
        for (var row = 0; row < scales.Length; row++)
            scales[row] = (float)Rms(x.Slice(row * length, length), eps);
    }

    public static void LayerNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, float eps, Span<float> y)
    {
        var scales = new float[x.Length / gain.Length];
        CentreRows(x, gain.Length, y);
        RmsScale(y, gain.Length, eps, scales);
        DivideRows(y, scales, y);
        ScaleRows(y, gain, bias, y);
    }

    public static void CentreRows(ReadOnlySpan<float> x, int length, Span<float> y)
    {
        for (var start = 0; start < x.Length; start += length)
        {
            var mean = 0.0;
            for (var i = 0; i < length; i++)
                mean += x[start + i];
            mean /= length;
            for (var i = 0; i < length; i++)
                y[start + i] = (float)(x[start + i] - mean);
        }
    }

    public static void DivideRows(ReadOnlySpan<float> x, ReadOnlySpan<float> scales, Span<float> y)
    {
        var length = x.Length / scales.Length;
        for (var i = 0; i < x.Length; i++)
            y[i] = (float)((double)x[i] / scales[i / length]);
    }

    public static void ScaleRows(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, Span<float> y)
    {
        for (var i = 0; i < x.Length; i++)
        {
            var product = (double)x[i] * gain[i % gain.Length];
            y[i] = (float)(bias.Length == 0 ? product : product + bias[i % bias.Length]);
        }
    }

    public static void AddToRows(ReadOnlySpan<float> x, ReadOnlySpan<float> bias, Span<float> y)
    {
        for (var i = 0; i < x.Length; i++)
            y[i] = (float)((double)x[i] + bias[i % bias.Length]);
    }

    public static void Rope(Span<float> x, int heads, int headDim, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin)
    {
        var half = cos.Length / (x.Length / heads / headDim);
        for (var row = 0; row < x.Length / headDim; row++)
        {
            var position = row / heads;
            for (var i = 0; i < half; i++)
            {
                double a = x[row * headDim + i], b = x[row * headDim + i + half];
                double c = cos[position * half + i], s = sin[position * half + i];
                x[row * headDim + i] = (float)(a * c - b * s);
                x[row * headDim + i + half] = (float)(b * c + a * s);
            }
        }
    }

    private static double Rms(ReadOnlySpan<float> row, float eps)
    {
        var sum = 0.0;
        foreach (var value in row)
            sum += (double)value * value;
        return Math.Sqrt(sum / row.Length + eps);
    }

    private static float Max(ReadOnlySpan<float> x)
    {
        var max = float.NegativeInfinity;
        foreach (var value in x)
            max = MathF.Max(max, value);
        return max;
    }
}
