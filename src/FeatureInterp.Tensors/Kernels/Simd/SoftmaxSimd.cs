using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

/// <summary>Softmax and log-sum-exp for one vector width.</summary>
internal static unsafe class SoftmaxSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // Partial sums of this many terms are fp32, their total fp64: a vocabulary's worth of terms keeps its digits.
    private const int Piece = 4096;

    public static void SoftmaxRows(Span<float> rows, int length)
    {
        fixed (float* p = rows)
        {
            var count = rows.Length / length;
            if (rows.Length < RowsSimd.ParallelLength || count == 1 || Workers.Count == 1)
                Rows(p, 0, count, length);
            else
                RowsParallel(p, count, length);
        }
    }

    public static void Softmax(ReadOnlySpan<float> x, Span<float> y)
    {
        fixed (float* px = x, py = y)
            Row(px, py, x.Length, 0);
    }

    public static float LogSumExp(ReadOnlySpan<float> x)
    {
        fixed (float* px = x)
        {
            var max = Max(px, x.Length);
            if (float.IsInfinity(max))
                return HasNaN(px, x.Length) ? float.NaN : max;
            return (float)(max + Math.Log(SumExp<Discard>(px, null, x.Length, 0, max)));
        }
    }

    /// <summary>The softmax of one row, which may be a piece cut from a longer one at <paramref name="offset"/>, a multiple of
    /// two vectors, with nothing but −∞ on either side: the result is then bit for bit that of the longer row.</summary>
    public static void Row(float* x, float* y, int length, int offset)
    {
        var max = Max(x, length);
        if (float.IsNegativeInfinity(max))
        {
            new Span<float>(y, length).Fill(HasNaN(x, length) ? float.NaN : 0);
            return;
        }

        Multiply(y, length, (float)(1 / SumExp<Keep>(x, y, length, offset, max)));
    }

    private static void Rows(float* p, int first, int end, int length)
    {
        for (var row = first; row < end; row++)
            Row(p + (nint)row * length, p + (nint)row * length, length, 0);
    }

    private static void RowsParallel(float* p, int count, int length)
    {
        var rowsAtOnce = Math.Max(1, RowsSimd.ChunkLength / length);
        Workers.Run((count + rowsAtOnce - 1) / rowsAtOnce, chunk =>
            Rows(p, chunk * rowsAtOnce, Math.Min(count, (chunk + 1) * rowsAtOnce), length));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Max(float* x, int length)
    {
        V a = S.Create(float.NegativeInfinity), b = a;
        var i = 0;
        for (; i <= length - 2 * S.Width; i += 2 * S.Width)
        {
            a = S.Max(a, S.Load(x + i));
            b = S.Max(b, S.Load(x + i + S.Width));
        }

        // A lane that is NaN may hide a larger number, but then the sum is NaN whatever is taken off.
        var lanes = stackalloc float[S.Width];
        S.Store(S.Max(a, b), lanes);
        var four = Vector128.Load(lanes);
        for (var lane = 4; lane < S.Width; lane += 4)
            four = Vector128.MaxNative(Vector128.Load(lanes + lane), four);
        four = Vector128.MaxNative(Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)), four);
        four = Vector128.MaxNative(Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2)), four);
        var max = four.ToScalar() > float.NegativeInfinity ? four.ToScalar() : float.NegativeInfinity;
        for (; i < length; i++)
            max = x[i] > max ? x[i] : max;
        return max;
    }

    private static bool HasNaN(float* x, int length)
    {
        for (var i = 0; i < length; i++)
        {
            if (float.IsNaN(x[i]))
                return true;
        }

        return false;
    }

    // Which partial sum a term goes to depends on its index alone, so terms of zero may come or go.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SumExp<O>(float* x, float* y, int length, int offset, float max)
        where O : struct, IOutput
    {
        var shift = S.Create(max);
        var rest = stackalloc float[2 * S.Width];
        var total = 0.0;
        for (int start = 0, end; start < length; start = end)
        {
            end = Math.Min(length, start + Piece - (offset + start) % Piece);
            V a = S.Create(0f), b = a;
            for (var i = start; i < end; i += 2 * S.Width)
            {
                // Only a row's last piece is cut short: it is filled up with −∞.
                var whole = end - i >= 2 * S.Width;
                var from = whole ? x + i : Fill(rest, x + i, end - i);
                var left = VectorMath<V, S>.ExpOrZero(S.Subtract(S.Load(from), shift));
                var right = VectorMath<V, S>.ExpOrZero(S.Subtract(S.Load(from + S.Width), shift));
                a = S.Add(a, left);
                b = S.Add(b, right);
                if (!O.IsKept)
                    continue;
                var to = whole ? y + i : rest;
                S.Store(left, to);
                S.Store(right, to + S.Width);
                if (!whole)
                    new ReadOnlySpan<float>(rest, end - i).CopyTo(new Span<float>(y + i, end - i));
            }

            total += S.Sum(S.Add(a, b));
        }

        return total;
    }

    private static float* Fill(float* buffer, float* x, int count)
    {
        new Span<float>(buffer, 2 * S.Width).Fill(float.NegativeInfinity);
        new ReadOnlySpan<float>(x, count).CopyTo(new Span<float>(buffer, count));
        return buffer;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(float* y, int length, float factor)
    {
        var i = 0;
        for (; i <= length - S.Width; i += S.Width)
            S.Store(S.Multiply(S.Load(y + i), S.Create(factor)), y + i);
        for (; i < length; i++)
            y[i] *= factor;
    }

    private interface IOutput
    {
        static abstract bool IsKept { get; }
    }

    private readonly struct Keep : IOutput
    {
        public static bool IsKept => true;
    }

    private readonly struct Discard : IOutput
    {
        public static bool IsKept => false;
    }
}
