using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>What two vector widths share of the operations on rows.</summary>
internal static class RowsSimd
{
    /// <summary>Elements below which another thread is not worth waking.</summary>
    public const int ParallelLength = 1 << 16;

    /// <summary>Elements a thread takes at a time.</summary>
    public const int ChunkLength = 1 << 14;
}

/// <summary>The norms and the rotation for one vector width.</summary>
internal static unsafe class RowsSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    public static void RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, float eps, Span<float> y)
    {
        var length = gain.Length;
        fixed (float* px = x, pg = gain, py = y)
        {
            for (var start = 0; start < x.Length; start += length)
                Normalize(px + start, 0, 1 / Rms(px + start, length, eps), pg, null, length, py + start);
        }
    }

    public static void RmsScale(ReadOnlySpan<float> x, int length, float eps, Span<float> scales)
    {
        fixed (float* px = x)
        {
            for (var row = 0; row < scales.Length; row++)
                scales[row] = Rms(px + (nint)row * length, length, eps);
        }
    }

    public static void LayerNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, float eps, Span<float> y)
    {
        var length = gain.Length;
        fixed (float* px = x, pg = gain, pb = bias, py = y)
        {
            for (var start = 0; start < x.Length; start += length)
            {
                var mean = Sum(px + start, length) / length;
                var scale = 1 / MathF.Sqrt(SumOfSquares(px + start, mean, length) / length + eps);
                Normalize(px + start, mean, scale, pg, pb, length, py + start);
            }
        }
    }

    public static void Rope(Span<float> x, int heads, int headDim, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin)
    {
        var half = cos.Length / (x.Length / heads / headDim);
        fixed (float* px = x, pc = cos, ps = sin)
        {
            for (var row = 0; row < x.Length / headDim; row++)
            {
                var at = (nint)(row / heads) * half;
                Rotate(px + (nint)row * headDim, pc + at, ps + at, half);
            }
        }
    }

    private static float Rms(float* x, int length, float eps) => MathF.Sqrt(SumOfSquares(x, 0, length) / length + eps);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfSquares(float* x, float mean, int length)
    {
        V a = S.Create(0f), b = a, shift = S.Create(mean);
        var i = 0;
        for (; i <= length - 2 * S.Width; i += 2 * S.Width)
        {
            V left = S.Subtract(S.Load(x + i), shift), right = S.Subtract(S.Load(x + i + S.Width), shift);
            a = S.MultiplyAdd(left, left, a);
            b = S.MultiplyAdd(right, right, b);
        }

        var sum = S.Sum(S.Add(a, b));
        for (; i < length; i++)
            sum += (x[i] - mean) * (x[i] - mean);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(float* x, int length)
    {
        V a = S.Create(0f), b = a;
        var i = 0;
        for (; i <= length - 2 * S.Width; i += 2 * S.Width)
        {
            a = S.Add(a, S.Load(x + i));
            b = S.Add(b, S.Load(x + i + S.Width));
        }

        var sum = S.Sum(S.Add(a, b));
        for (; i < length; i++)
            sum += x[i];
        return sum;
    }

    // y = (x − mean)·scale·gain (+ bias)
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Normalize(float* x, float mean, float scale, float* gain, float* bias, int length, float* y)
    {
        V shift = S.Create(mean), factor = S.Create(scale);
        var i = 0;
        for (; i <= length - S.Width; i += S.Width)
        {
            var v = S.Multiply(S.Multiply(S.Subtract(S.Load(x + i), shift), factor), S.Load(gain + i));
            S.Store(bias == null ? v : S.Add(v, S.Load(bias + i)), y + i);
        }

        for (; i < length; i++)
            y[i] = (x[i] - mean) * scale * gain[i] + (bias == null ? 0 : bias[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rotate(float* x, float* cos, float* sin, int half)
    {
        var i = 0;
        for (; i <= half - S.Width; i += S.Width)
        {
            V a = S.Load(x + i), b = S.Load(x + half + i), c = S.Load(cos + i), s = S.Load(sin + i);
            S.Store(S.Subtract(S.Multiply(a, c), S.Multiply(b, s)), x + i);
            S.Store(S.Add(S.Multiply(b, c), S.Multiply(a, s)), x + half + i);
        }

        for (; i < half; i++)
        {
            float a = x[i], b = x[half + i];
            x[i] = a * cos[i] - b * sin[i];
            x[half + i] = b * cos[i] + a * sin[i];
        }
    }
}
