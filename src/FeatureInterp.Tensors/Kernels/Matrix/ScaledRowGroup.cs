using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>
/// Several activation rows times rows of <see cref="IScaledBlock"/>, each summed in the very order in which <see cref="BlockRows{V, S}"/> sums a row by
/// itself: a block is unpacked once for up to five rows.
/// </summary>
internal static unsafe class ScaledRowGroup<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // Enough that the sums of one block need not wait for those of the last, few enough that they and a block stay in registers.
    private const int MostRows = 5;

    /// <summary>y[i·pitch + j] = Σ_p x[i,p] · w[j,p] for m rows of x and n rows of w.</summary>
    public static void Multiply<B>(float* x, int m, byte* w, int n, int k, float* y, nint pitch)
        where B : struct, IScaledBlock
    {
        var blocks = k / B.Elements;
        var width = (nint)(k + blocks * B.Terms + S.Width + 15) / 16 * 16;
        var prepared = Scratch.Get(Scratch.Slot.Activations, m * width);
        for (var i = 0; i < m; i++)
        {
            float* row = prepared + i * width, terms = row + k;
            for (var block = 0; block < blocks; block++)
                B.Prepare<V, S>(x + (nint)i * k + block * B.Elements, row + block * B.Elements, terms + block * B.Terms);
            new Span<float>(terms + blocks * B.Terms, S.Width).Clear();
        }

        // Groups of equal size as far as possible: the last row alone would be as slow as a whole group.
        var groups = (m + MostRows - 1) / MostRows;
        for (var g = 0; g < groups; g++)
        {
            int first = (int)((long)m * g / groups), rows = (int)((long)m * (g + 1) / groups) - first;
            float* from = prepared + first * width, to = y + first * pitch;
            switch (rows)
            {
                case 1: B.Dots<V, S>(from, from + k, w, n, blocks, to); break;
                case 2: Group<B, Rows2>(from, width, k, w, n, blocks, to, pitch); break;
                case 3: Group<B, Rows3>(from, width, k, w, n, blocks, to, pitch); break;
                case 4: Group<B, Rows4>(from, width, k, w, n, blocks, to, pitch); break;
                default: Group<B, Rows5>(from, width, k, w, n, blocks, to, pitch); break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Group<B, R>(float* x, nint width, int k, byte* w, int n, int blocks, float* y, nint pitch)
        where B : struct, IScaledBlock
        where R : struct, IRows
    {
        var stride = (nint)blocks * B.Size;
        var padded = (nint)(blocks * B.Halves + S.Width - 1) / S.Width * S.Width;
        var scales = Scratch.Get(Scratch.Slot.Weights, 4 * padded);
        var sums = Scratch.Get(Scratch.Slot.Scores, 4 * R.Count * S.Width); // [row, output, lane]
        var terms = x + k;
        var j = 0;
        for (; j <= n - 4; j += 4, w += 4 * stride)
        {
            ScaledRows<V, S>.CopyHalves<B>(w, stride, blocks, scales, padded);
            for (var output = 0; output < 4; output++)
            {
                S.Store(ScaledRows<V, S>.WidenHalves<B>(terms, scales + output * padded, padded), sums + output * S.Width);
                for (var row = 1; row < R.Count; row++)
                    S.Store(Terms<B>(terms + row * width, scales + output * padded, padded), sums + (4 * row + output) * S.Width);
                Output<B, R>(x, width, w + output * stride, blocks, scales + output * padded, sums + output * S.Width);
            }

            for (var row = 0; row < R.Count; row++)
            {
                var sum = sums + row * 4 * S.Width;
                S.StoreSums(S.Load(sum), S.Load(sum + S.Width), S.Load(sum + 2 * S.Width), S.Load(sum + 3 * S.Width), y + row * pitch + j);
            }
        }

        for (var row = 0; row < R.Count && j < n; row++)
            B.Dots<V, S>(x + row * width, terms + row * width, w, n - j, blocks, y + row * pitch + j);
    }

    // One output of every row, on top of its terms; sums are four vectors apart. By itself, because the compiler inlines only so much into one method.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Output<B, R>(float* x, nint width, byte* block, int blocks, float* scale, float* sums)
        where B : struct, IScaledBlock
        where R : struct, IRows
    {
        V s0 = S.Load(sums), s1 = default, s2 = default, s3 = default, s4 = default;
        if (R.Count > 1)
            s1 = S.Load(sums + 4 * S.Width);
        if (R.Count > 2)
            s2 = S.Load(sums + 8 * S.Width);
        if (R.Count > 3)
            s3 = S.Load(sums + 12 * S.Width);
        if (R.Count > 4)
            s4 = S.Load(sums + 16 * S.Width);
        float* x1 = x + width, x2 = x1 + width, x3 = x2 + width, x4 = x3 + width;
        nint at = 0, ahead = 4 * (nint)blocks * B.Size;
        for (var end = block + (nint)blocks * B.Size; block != end; block += B.Size, at += B.Elements, scale += B.Halves)
        {
            S.Prefetch(block + ahead);
            var factor = S.Create(scale[0]);
            s0 = S.MultiplyAdd(B.Dot<V, S>(block, x + at), factor, s0);
            if (R.Count > 1)
                s1 = S.MultiplyAdd(B.Dot<V, S>(block, x1 + at), factor, s1);
            if (R.Count > 2)
                s2 = S.MultiplyAdd(B.Dot<V, S>(block, x2 + at), factor, s2);
            if (R.Count > 3)
                s3 = S.MultiplyAdd(B.Dot<V, S>(block, x3 + at), factor, s3);
            if (R.Count > 4)
                s4 = S.MultiplyAdd(B.Dot<V, S>(block, x4 + at), factor, s4);
        }

        S.Store(s0, sums);
        if (R.Count > 1)
            S.Store(s1, sums + 4 * S.Width);
        if (R.Count > 2)
            S.Store(s2, sums + 8 * S.Width);
        if (R.Count > 3)
            S.Store(s3, sums + 12 * S.Width);
        if (R.Count > 4)
            S.Store(s4, sums + 16 * S.Width);
    }

    // The products of a row's terms with one output's widened halves.
    private static V Terms<B>(float* terms, float* halves, nint padded)
        where B : struct, IScaledBlock
    {
        V sum = default;
        for (nint i = 0; i < padded && B.Terms > 0; i += S.Width)
            sum = S.MultiplyAdd(S.Load(halves + i), S.Load(terms + i), sum);
        return sum;
    }
}
