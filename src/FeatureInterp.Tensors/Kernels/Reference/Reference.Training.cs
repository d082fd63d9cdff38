namespace FeatureInterp.Tensors;

internal static partial class Reference
{
    /// <summary>y[p,j] = Σ_i a[i,p]·b[i,j].</summary>
    public static void MatMulTransposed(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int rows, Span<float> y)
    {
        int k = a.Length / rows, n = b.Length / rows;
        for (var p = 0; p < k; p++)
        {
            for (var j = 0; j < n; j++)
            {
                var sum = 0.0;
                for (var i = 0; i < rows; i++)
                    sum += (double)a[i * k + p] * b[i * n + j];
                y[p * n + j] = (float)sum;
            }
        }
    }

    /// <summary>y[i,:] += Σ_e values[e]·w[indices[e],:] over a row's entries.</summary>
    public static void SparseMatMul(ReadOnlySpan<int> starts, ReadOnlySpan<int> indices, ReadOnlySpan<float> values, ReadOnlySpan<float> w, int length, Span<float> y)
    {
        for (var i = 0; i < starts.Length - 1; i++)
        {
            for (var j = 0; j < length; j++)
            {
                double sum = y[i * length + j];
                for (var e = starts[i]; e < starts[i + 1]; e++)
                    sum += (double)values[e] * w[indices[e] * length + j];
                y[i * length + j] = (float)sum;
            }
        }
    }

    /// <summary>dots[e] = Σ_j x[i,j]·w[indices[e],j] for each of row i's entries.</summary>
    public static void SparseDots(ReadOnlySpan<int> starts, ReadOnlySpan<int> indices, ReadOnlySpan<float> x, ReadOnlySpan<float> w, int length, Span<float> dots)
    {
        for (var i = 0; i < starts.Length - 1; i++)
        {
            for (var e = starts[i]; e < starts[i + 1]; e++)
            {
                var sum = 0.0;
                for (var j = 0; j < length; j++)
                    sum += (double)x[i * length + j] * w[indices[e] * length + j];
                dots[e] = (float)sum;
            }
        }
    }

    /// <summary>Adam's step, each array rounded to fp32 once.</summary>
    public static void Adam(ReadOnlySpan<float> gradient, AdamStep step, Span<float> mean, Span<float> square, Span<float> weights)
    {
        for (var i = 0; i < gradient.Length; i++)
        {
            var g = (double)gradient[i] * step.GradientScale;
            var m = step.Beta1 * mean[i] + (1 - step.Beta1) * g;
            var v = step.Beta2 * square[i] + (1 - step.Beta2) * g * g;
            mean[i] = (float)m;
            square[i] = (float)v;
            weights[i] = (float)(weights[i] - step.StepSize * m / (Math.Sqrt(v) / step.SquareCorrection + step.Epsilon));
        }
    }
}
