using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>Something done to each of many rows.</summary>
internal interface IRowAction
{
    void Apply(int row);
}

/// <summary>What the vector widths share of the operations on rows.</summary>
internal static class RowsSimd
{
    /// <summary>Elements below which another thread is not worth waking.</summary>
    public const int ParallelLength = 1 << 16;

    /// <summary>Elements a thread takes at a time.</summary>
    public const int ChunkLength = 1 << 14;

    /// <summary>Calls the action for every row, on all threads where there is enough to do.</summary>
    /// <param name="rows">How many rows there are.</param>
    /// <param name="length">The elements of one.</param>
    /// <param name="action">What is done.</param>
    public static void ForEach<A>(int rows, int length, A action)
        where A : struct, IRowAction
    {
        if ((long)rows * length < ParallelLength || Workers.Count == 1)
        {
            for (var row = 0; row < rows; row++)
                action.Apply(row);
        }
        else
        {
            ForEachParallel(rows, Math.Max(1, ChunkLength / length), action);
        }
    }

    private static void ForEachParallel<A>(int rows, int rowsAtOnce, A action)
        where A : struct, IRowAction =>
        Workers.Run((rows + rowsAtOnce - 1) / rowsAtOnce, chunk =>
        {
            for (var row = chunk * rowsAtOnce; row < Math.Min(rows, (chunk + 1) * rowsAtOnce); row++)
                action.Apply(row);
        });
}

/// <summary>
/// The norms and the rotation for one vector width. A norm in one pass and its parts one after the other (mean off, scale, quotient,
/// gain and bias) round alike: looking at a part does not change the whole.
/// </summary>
internal static unsafe partial class RowsSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    public static void RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, float eps, Span<float> y)
    {
        fixed (float* px = x, pg = gain, py = y)
            RowsSimd.ForEach(x.Length / gain.Length, gain.Length, new NormAction(px, pg, null, gain.Length, eps, py));
    }

    public static void LayerNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, float eps, Span<float> y)
    {
        fixed (float* px = x, pg = gain, pb = bias, py = y)
            RowsSimd.ForEach(x.Length / gain.Length, gain.Length, new NormAction(px, pg, pb, gain.Length, eps, py));
    }

    public static void RmsScale(ReadOnlySpan<float> x, int length, float eps, Span<float> scales)
    {
        fixed (float* px = x, ps = scales)
            RowsSimd.ForEach(scales.Length, length, new ScaleAction(px, length, eps, ps));
    }

    public static void CentreRows(ReadOnlySpan<float> x, int length, Span<float> y)
    {
        fixed (float* px = x, py = y)
            RowsSimd.ForEach(x.Length / length, length, new CentreAction(px, length, py));
    }

    public static void DivideRows(ReadOnlySpan<float> x, ReadOnlySpan<float> scales, Span<float> y)
    {
        var length = x.Length / scales.Length;
        fixed (float* px = x, ps = scales, py = y)
            RowsSimd.ForEach(scales.Length, length, new DivideAction(px, ps, length, py));
    }

    public static void ScaleRows(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, Span<float> y)
    {
        fixed (float* px = x, pg = gain, pb = bias, py = y)
            RowsSimd.ForEach(x.Length / gain.Length, gain.Length, new GainAction(px, pg, bias.Length == 0 ? null : pb, gain.Length, py));
    }

    public static void AddToRows(ReadOnlySpan<float> x, ReadOnlySpan<float> bias, Span<float> y)
    {
        fixed (float* px = x, pb = bias, py = y)
            RowsSimd.ForEach(x.Length / bias.Length, bias.Length, new GainAction(px, null, pb, bias.Length, py));
    }

    public static void Rope(Span<float> x, int heads, int headDim, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin)
    {
        var positions = x.Length / heads / headDim;
        fixed (float* px = x, pc = cos, ps = sin)
            RowsSimd.ForEach(positions, heads * headDim, new RopeAction(px, heads, headDim, pc, ps, cos.Length / positions));
    }

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

    private static float Mean(float* x, int length) => Sum(x, length) / length;

    // y = (x − mean) / scale · gain + bias; a bias that is null is left out.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Normalize(float* x, float mean, float scale, float* gain, float* bias, int length, float* y)
    {
        V shift = S.Create(mean), divisor = S.Create(scale);
        var i = 0;
        for (; i <= length - S.Width; i += S.Width)
        {
            var v = S.Multiply(S.Divide(S.Subtract(S.Load(x + i), shift), divisor), S.Load(gain + i));
            S.Store(bias == null ? v : S.Add(v, S.Load(bias + i)), y + i);
        }

        for (; i < length; i++)
        {
            var v = (x[i] - mean) / scale * gain[i];
            y[i] = bias == null ? v : v + bias[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Subtract(float* x, float mean, int length, float* y)
    {
        var shift = S.Create(mean);
        var i = 0;
        for (; i <= length - S.Width; i += S.Width)
            S.Store(S.Subtract(S.Load(x + i), shift), y + i);
        for (; i < length; i++)
            y[i] = x[i] - mean;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Divide(float* x, float scale, int length, float* y)
    {
        var divisor = S.Create(scale);
        var i = 0;
        for (; i <= length - S.Width; i += S.Width)
            S.Store(S.Divide(S.Load(x + i), divisor), y + i);
        for (; i < length; i++)
            y[i] = x[i] / scale;
    }

    // y = x · gain + bias, rounded twice; what is null is left out.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyAdd(float* x, float* gain, float* bias, int length, float* y)
    {
        var i = 0;
        for (; i <= length - S.Width; i += S.Width)
        {
            var v = S.Load(x + i);
            v = gain == null ? v : S.Multiply(v, S.Load(gain + i));
            S.Store(bias == null ? v : S.Add(v, S.Load(bias + i)), y + i);
        }

        for (; i < length; i++)
        {
            var v = gain == null ? x[i] : x[i] * gain[i];
            y[i] = bias == null ? v : v + bias[i];
        }
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

    private readonly struct NormAction(float* x, float* gain, float* bias, int length, float eps, float* y) : IRowAction
    {
        public void Apply(int row)
        {
            var from = x + (nint)row * length;
            var mean = bias == null ? 0 : Mean(from, length);
            var scale = MathF.Sqrt(SumOfSquares(from, mean, length) / length + eps);
            Normalize(from, mean, scale, gain, bias, length, y + (nint)row * length);
        }
    }

    private readonly struct ScaleAction(float* x, int length, float eps, float* scales) : IRowAction
    {
        public void Apply(int row) => scales[row] = MathF.Sqrt(SumOfSquares(x + (nint)row * length, 0, length) / length + eps);
    }

    private readonly struct CentreAction(float* x, int length, float* y) : IRowAction
    {
        public void Apply(int row) => Subtract(x + (nint)row * length, Mean(x + (nint)row * length, length), length, y + (nint)row * length);
    }

    private readonly struct DivideAction(float* x, float* scales, int length, float* y) : IRowAction
    {
        public void Apply(int row) => Divide(x + (nint)row * length, scales[row], length, y + (nint)row * length);
    }

    private readonly struct GainAction(float* x, float* gain, float* bias, int length, float* y) : IRowAction
    {
        public void Apply(int row) => MultiplyAdd(x + (nint)row * length, gain, bias, length, y + (nint)row * length);
    }

    private readonly struct RopeAction(float* x, int heads, int headDim, float* cos, float* sin, int half) : IRowAction
    {
        public void Apply(int row)
        {
            for (var head = 0; head < heads; head++)
                Rotate(x + ((nint)row * heads + head) * headDim, cos + (nint)row * half, sin + (nint)row * half, half);
        }
    }
}
