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
    // A sum for each of four outputs and each row: twenty of 32 registers, or eight of sixteen.
    private static int MostRows => S.Width >= 16 ? 5 : 2;

    /// <summary>y[i·pitch + j] = Σ_p x[i,p] · w[j,p] for m rows of x and n rows of w.</summary>
    public static void Multiply<E>(float* x, int m, byte* w, nint stride, int n, int k, float* y, nint pitch)
        where E : struct, IElement
    {
        // To whole cache lines, which each part of a row is read from over and over.
        var width = (nint)(k + 15) / 16 * 16;
        var aligned = Scratch.Get(Scratch.Slot.Activations, m * width);
        for (var i = 0; i < m; i++)
            RowKernel<V, S>.Arrange<E>(x + (nint)i * k, k, aligned + i * width);

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
        var whole = (nint)(k / (2 * S.Width) * (2 * S.Width));
        float* x1 = x + width, x2 = x1 + width, x3 = x2 + width, x4 = x3 + width;
        var j = 0;
        for (; j <= n - 4; j += 4, w += 4 * bytes)
        {
            byte* w1 = w + bytes, w2 = w1 + bytes, w3 = w2 + bytes;
            V s00 = default, s01 = default, s02 = default, s03 = default, s10 = default, s11 = default, s12 = default, s13 = default;
            V s20 = default, s21 = default, s22 = default, s23 = default, s30 = default, s31 = default, s32 = default, s33 = default;
            V s40 = default, s41 = default, s42 = default, s43 = default;
            for (nint p = 0, at = 0; p < whole; p += 2 * S.Width, at += 2 * S.Width * E.Size)
            {
                if (E.Size == 2)
                {
                    var ahead = w + 4 * bytes + at;
                    S.Prefetch(ahead);
                    S.Prefetch(ahead + bytes);
                    S.Prefetch(ahead + 2 * bytes);
                    S.Prefetch(ahead + 3 * bytes);
                }

                V a = E.LoadFirst<V, S>(w + at), b = E.LoadFirst<V, S>(w1 + at), c = E.LoadFirst<V, S>(w2 + at), d = E.LoadFirst<V, S>(w3 + at);
                Add(S.Load(x + p), a, b, c, d, ref s00, ref s01, ref s02, ref s03);
                if (R.Count > 1)
                    Add(S.Load(x1 + p), a, b, c, d, ref s10, ref s11, ref s12, ref s13);
                if (R.Count > 2)
                    Add(S.Load(x2 + p), a, b, c, d, ref s20, ref s21, ref s22, ref s23);
                if (R.Count > 3)
                    Add(S.Load(x3 + p), a, b, c, d, ref s30, ref s31, ref s32, ref s33);
                if (R.Count > 4)
                    Add(S.Load(x4 + p), a, b, c, d, ref s40, ref s41, ref s42, ref s43);
                (a, b, c, d) = (E.LoadSecond<V, S>(w + at), E.LoadSecond<V, S>(w1 + at), E.LoadSecond<V, S>(w2 + at), E.LoadSecond<V, S>(w3 + at));
                Add(S.Load(x + p + S.Width), a, b, c, d, ref s00, ref s01, ref s02, ref s03);
                if (R.Count > 1)
                    Add(S.Load(x1 + p + S.Width), a, b, c, d, ref s10, ref s11, ref s12, ref s13);
                if (R.Count > 2)
                    Add(S.Load(x2 + p + S.Width), a, b, c, d, ref s20, ref s21, ref s22, ref s23);
                if (R.Count > 3)
                    Add(S.Load(x3 + p + S.Width), a, b, c, d, ref s30, ref s31, ref s32, ref s33);
                if (R.Count > 4)
                    Add(S.Load(x4 + p + S.Width), a, b, c, d, ref s40, ref s41, ref s42, ref s43);
            }

            var to = y + j;
            S.StoreSums(s00, s01, s02, s03, to);
            if (R.Count > 1)
                S.StoreSums(s10, s11, s12, s13, to + pitch);
            if (R.Count > 2)
                S.StoreSums(s20, s21, s22, s23, to + 2 * pitch);
            if (R.Count > 3)
                S.StoreSums(s30, s31, s32, s33, to + 3 * pitch);
            if (R.Count > 4)
                S.StoreSums(s40, s41, s42, s43, to + 4 * pitch);
            for (var row = 0; row < R.Count && whole < k; row++)
            {
                for (var output = 0; output < 4; output++)
                    to[row * pitch + output] += RowKernel<V, S>.Tail<E>(x + row * width, w + output * bytes, (int)whole, k);
            }
        }

        for (var row = 0; row < R.Count && j < n; row++)
            RowKernel<V, S>.Dots<E>(x + row * width, w, stride, n - j, k, y + row * pitch + j);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(V x, V a, V b, V c, V d, ref V s0, ref V s1, ref V s2, ref V s3)
    {
        s0 = S.MultiplyAdd(a, x, s0);
        s1 = S.MultiplyAdd(b, x, s1);
        s2 = S.MultiplyAdd(c, x, s2);
        s3 = S.MultiplyAdd(d, x, s3);
    }
}
