using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <content>The gradient of a norm.</content>
internal static unsafe partial class RowsSimd<V, S>
{
    public static void NormGradient(ReadOnlySpan<float> x, ReadOnlySpan<float> g, int length, bool isCentred, float eps, Span<float> y)
    {
        fixed (float* px = x, pg = g, py = y)
            RowsSimd.ForEach(x.Length / length, length, new NormGradientAction(px, pg, length, isCentred, eps, py));
    }

    // Σ g·(x − mean)
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot(float* g, float* x, float mean, int length)
    {
        V a = S.Create(0f), b = a, shift = S.Create(mean);
        var i = 0;
        for (; i <= length - 2 * S.Width; i += 2 * S.Width)
        {
            a = S.MultiplyAdd(S.Load(g + i), S.Subtract(S.Load(x + i), shift), a);
            b = S.MultiplyAdd(S.Load(g + i + S.Width), S.Subtract(S.Load(x + i + S.Width), shift), b);
        }

        var sum = S.Sum(S.Add(a, b));
        for (; i < length; i++)
            sum += g[i] * (x[i] - mean);
        return sum;
    }

    // y = (g − meanG − (x − mean)·share) / scale
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Project(float* x, float mean, float* g, float meanG, float share, float scale, int length, float* y)
    {
        V shift = S.Create(mean), shiftG = S.Create(meanG), factor = S.Create(-share), divisor = S.Create(scale);
        var i = 0;
        for (; i <= length - S.Width; i += S.Width)
            S.Store(S.Divide(S.MultiplyAdd(S.Subtract(S.Load(x + i), shift), factor, S.Subtract(S.Load(g + i), shiftG)), divisor), y + i);
        for (; i < length; i++)
            y[i] = (g[i] - meanG - (x[i] - mean) * share) / scale;
    }

    private readonly struct NormGradientAction(float* x, float* g, int length, bool isCentred, float eps, float* y) : IRowAction
    {
        public void Apply(int row)
        {
            float* from = x + (nint)row * length, gradient = g + (nint)row * length;
            float mean = isCentred ? Mean(from, length) : 0, meanG = isCentred ? Mean(gradient, length) : 0;
            var scale = MathF.Sqrt(SumOfSquares(from, mean, length) / length + eps);
            var share = Dot(gradient, from, mean, length) / length / scale / scale;
            Project(from, mean, gradient, meanG, share, scale, length, y + (nint)row * length);
        }
    }
}
