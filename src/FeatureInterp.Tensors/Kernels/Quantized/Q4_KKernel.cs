using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

/// <summary><see cref="Q4_K"/>: <c>Σ (d·s[g]·q[i] − m·t[g])·x[i] = d·Σ_g s[g]·Σ q[i]·x[i] − m·Σ_g t[g]·Σ x[i]</c>.</summary>
internal readonly unsafe struct Q4_KKernel : IBlockDot
{
    public static int Elements => 256;

    public static int Size => Q4_K.Bytes;

    public static int Halves => 0;

    public static int Terms => 16;

    // Zeros where the scales stand, the sums of x where the minima stand.
    public static void StoreTerms<V, S>(float* x, float* terms)
        where V : struct
        where S : struct, ISimd<V>
    {
        for (var g = 0; g < 8; g++)
        {
            terms[g] = 0;
            terms[8 + g] = BlockMath.Sum<V, S>(x + 32 * g, 32);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static V Dot<V, S>(byte* row, int blocks, float* x, float* terms, float* scales)
        where V : struct
        where S : struct, ISimd<V>
    {
        V sum = default, other = default;
        for (; blocks > 0; blocks--, row += Size, x += 256, terms += 16)
        {
            var halves = Simd128.LoadF16((ushort*)row); // d, m, and what follows
            BlockMath.StoreScales<V, S>(row + 4, scales);
            V scaled = default, minima = default;
            for (var i = 0; i < 16; i += S.Width)
                minima = S.MultiplyAdd(S.Load(scales + i), S.Load(terms + i), minima);
            for (var j = 0; j < 4; j++)
            {
                V low = default, high = default;
                for (var i = 0; i < 32; i += S.Width)
                {
                    S.LoadNibbles(row + 16 + 32 * j + i, out var l, out var h);
                    low = S.MultiplyAdd(l, S.Load(x + 64 * j + i), low);
                    high = S.MultiplyAdd(h, S.Load(x + 64 * j + 32 + i), high);
                }

                scaled = S.MultiplyAdd(S.Create(scales[2 * j]), low, scaled);
                scaled = S.MultiplyAdd(S.Create(scales[2 * j + 1]), high, scaled);
            }

            sum = S.MultiplyAdd(S.Create(halves.ToScalar()), scaled, sum);
            other = S.MultiplyAdd(S.Create(-halves.GetElement(1)), minima, other);
        }

        return S.Add(sum, other);
    }

    public static void Widen<V, S>(byte* block, float* values)
        where V : struct
        where S : struct, ISimd<V>
    {
        var halves = Simd128.LoadF16((ushort*)block);
        float d = halves.ToScalar(), m = halves.GetElement(1);
        var scales = stackalloc float[16];
        BlockMath.StoreScales<V, S>(block + 4, scales);
        for (var j = 0; j < 4; j++)
        {
            // Products of 17 and 21 bits, exact: only the difference is rounded.
            V dl = S.Create(d * scales[2 * j]), ml = S.Create(m * scales[8 + 2 * j]);
            V dh = S.Create(d * scales[2 * j + 1]), mh = S.Create(m * scales[9 + 2 * j]);
            for (var i = 0; i < 32; i += S.Width)
            {
                S.LoadNibbles(block + 16 + 32 * j + i, out var low, out var high);
                S.Store(S.Subtract(S.Multiply(dl, low), ml), values + 64 * j + i);
                S.Store(S.Subtract(S.Multiply(dh, high), mh), values + 64 * j + 32 + i);
            }
        }
    }
}
