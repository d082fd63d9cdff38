using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>
/// Several activation rows times a weight [n, k], each summed in the very order in which <see cref="RowKernel{V, S}"/> sums a row by
/// itself: what a decoding step of several texts does. A weight is read and widened once for up to five rows.
/// </summary>
internal static unsafe class RowGroupKernel<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // Two accumulators for each of two outputs and each row: twenty of 32 registers, or twelve of sixteen.
    private static int MostRows => S.Width >= 16 ? 5 : 3;

    /// <summary>y[i·pitch + j] = Σ_p x[i,p] · w[j,p] for m rows of x and n rows of w.</summary>
    public static void Multiply<E>(float* x, int m, byte* w, nint stride, int n, int k, float* y, nint pitch)
        where E : struct, IElement
    {
        // To whole cache lines, which each part of a row is read from over and over.
        var width = (nint)(k + 15) / 16 * 16;
        var aligned = Scratch.Get(Scratch.Slot.Activations, m * width);
        for (var i = 0; i < m; i++)
            new ReadOnlySpan<float>(x + (nint)i * k, k).CopyTo(new Span<float>(aligned + i * width, k));

        // Groups of equal size as far as possible: the last row alone would be as slow as a whole group.
        var groups = (m + MostRows - 1) / MostRows;
        for (var g = 0; g < groups; g++)
        {
            int first = (int)((long)m * g / groups), rows = (int)((long)m * (g + 1) / groups) - first;
            float* from = aligned + first * width, to = y + first * pitch;
            switch (rows)
            {
                case 1: RowKernel<V, S>.Dots<E>(from, w, stride, n, k, to); break;
                case 2: Group<E, Rows2>(from, width, w, stride, n, k, to, pitch); break;
                case 3: Group<E, Rows3>(from, width, w, stride, n, k, to, pitch); break;
                case 4: Group<E, Rows4>(from, width, w, stride, n, k, to, pitch); break;
                default: Group<E, Rows5>(from, width, w, stride, n, k, to, pitch); break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Group<E, R>(float* x, nint width, byte* w, nint stride, int n, int k, float* y, nint pitch)
        where E : struct, IElement
        where R : struct, IRows
    {
        var bytes = stride * E.Size;
        var whole = k / (2 * S.Width) * (2 * S.Width);
        var sums = Scratch.Get(Scratch.Slot.Scores, 4 * R.Count * S.Width); // [row, output, lane]
        var j = 0;
        for (; j <= n - 4; j += 4, w += 4 * bytes)
        {
            Pair<E, R>(x, width, w, bytes, whole, sums);
            Pair<E, R>(x, width, w + 2 * bytes, bytes, whole, sums + 2 * S.Width);
            for (var row = 0; row < R.Count; row++)
            {
                float* sum = sums + row * 4 * S.Width, to = y + row * pitch + j;
                S.StoreSums(S.Load(sum), S.Load(sum + S.Width), S.Load(sum + 2 * S.Width), S.Load(sum + 3 * S.Width), to);
                for (var output = 0; output < 4 && whole < k; output++)
                    to[output] += RowKernel<V, S>.Tail<E>(x + row * width, w + output * bytes, whole, k);
            }
        }

        for (var row = 0; row < R.Count && j < n; row++)
            RowKernel<V, S>.Dots<E>(x + row * width, w, stride, n - j, k, y + row * pitch + j);
    }

    // Two outputs of every row, yet to be added up: to sums[row, 0] and sums[row, 1] of four.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair<E, R>(float* x, nint width, byte* w, nint bytes, int whole, float* sums)
        where E : struct, IElement
        where R : struct, IRows
    {
        V s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default, s40 = default, s41 = default;
        V t00 = default, t01 = default, t10 = default, t11 = default, t20 = default, t21 = default, t30 = default, t31 = default, t40 = default, t41 = default;
        float* x1 = x + width, x2 = x1 + width, x3 = x2 + width, x4 = x3 + width;
        for (nint p = 0; p < whole; p += 2 * S.Width)
        {
            var at = w + p * E.Size;
            if (E.Size == 2)
            {
                S.Prefetch(at + 4 * bytes);
                S.Prefetch(at + 5 * bytes);
            }

            V v, a = E.Load<V, S>(at), b = E.Load<V, S>(at + bytes);
            v = S.Load(x + p);
            s00 = S.MultiplyAdd(a, v, s00);
            s01 = S.MultiplyAdd(b, v, s01);

            if (R.Count > 1)
            {
                v = S.Load(x1 + p);
                s10 = S.MultiplyAdd(a, v, s10);
                s11 = S.MultiplyAdd(b, v, s11);
            }

            if (R.Count > 2)
            {
                v = S.Load(x2 + p);
                s20 = S.MultiplyAdd(a, v, s20);
                s21 = S.MultiplyAdd(b, v, s21);
            }

            if (R.Count > 3)
            {
                v = S.Load(x3 + p);
                s30 = S.MultiplyAdd(a, v, s30);
                s31 = S.MultiplyAdd(b, v, s31);
            }

            if (R.Count > 4)
            {
                v = S.Load(x4 + p);
                s40 = S.MultiplyAdd(a, v, s40);
                s41 = S.MultiplyAdd(b, v, s41);
            }

            at += S.Width * E.Size;
            a = E.Load<V, S>(at);
            b = E.Load<V, S>(at + bytes);
            v = S.Load(x + p + S.Width);
            t00 = S.MultiplyAdd(a, v, t00);
            t01 = S.MultiplyAdd(b, v, t01);

            if (R.Count > 1)
            {
                v = S.Load(x1 + p + S.Width);
                t10 = S.MultiplyAdd(a, v, t10);
                t11 = S.MultiplyAdd(b, v, t11);
            }

            if (R.Count > 2)
            {
                v = S.Load(x2 + p + S.Width);
                t20 = S.MultiplyAdd(a, v, t20);
                t21 = S.MultiplyAdd(b, v, t21);
            }

            if (R.Count > 3)
            {
                v = S.Load(x3 + p + S.Width);
                t30 = S.MultiplyAdd(a, v, t30);
                t31 = S.MultiplyAdd(b, v, t31);
            }

            if (R.Count > 4)
            {
                v = S.Load(x4 + p + S.Width);
                t40 = S.MultiplyAdd(a, v, t40);
                t41 = S.MultiplyAdd(b, v, t41);
            }
        }

        Store(s00, t00, s01, t01, sums);
        if (R.Count > 1)
            Store(s10, t10, s11, t11, sums + 4 * S.Width);
        if (R.Count > 2)
            Store(s20, t20, s21, t21, sums + 8 * S.Width);
        if (R.Count > 3)
            Store(s30, t30, s31, t31, sums + 12 * S.Width);
        if (R.Count > 4)
            Store(s40, t40, s41, t41, sums + 16 * S.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(V s0, V t0, V s1, V t1, float* sums)
    {
        S.Store(S.Add(s0, t0), sums);
        S.Store(S.Add(s1, t1), sums + S.Width);
    }
}
