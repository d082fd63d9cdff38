using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

/// <summary><see cref="Q6_K"/>: <c>Σ d·s[g]·(q[i] − 32)·x[i] = d·Σ_g s[g]·(Σ q[i]·x[i] − 32·Σ x[i])</c>.</summary>
internal readonly unsafe struct Q6_KKernel : IBlockDot
{
    public static int Elements => 256;

    public static int Size => Q6_K.Bytes;

    public static int Halves => 0;

    public static int Terms => 16;

    public static void StoreTerms<V, S>(float* x, float* terms)
        where V : struct
        where S : struct, ISimd<V>
    {
        for (var g = 0; g < 16; g++)
            terms[g] = -32 * BlockMath.Sum<V, S>(x + 16 * g, 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static V Dot<V, S>(byte* row, int blocks, float* x, float* terms, float* scales)
        where V : struct
        where S : struct, ISimd<V>
    {
        V sum = default;
        for (; blocks > 0; blocks--, row += Size, x += 256, terms += 16)
        {
            var d = Scale(row);
            V scaled = default, other = default;
            for (var i = 0; i < 16; i += S.Width)
            {
                var s = S.LoadI8(row + 192 + i);
                S.Store(s, scales + i);
                scaled = S.MultiplyAdd(s, S.Load(terms + i), scaled);
            }

            for (var part = 0; part < 4; part++)
            {
                // Two halves of 128 elements, each in four runs of 32, of which 16 are one group.
                int half = part >> 1, l = (part & 1) * 16;
                byte* low = row + 64 * half + l, high = row + 128 + 32 * half + l;
                float* at = x + 128 * half + l, s = scales + part + 6 * half;
                S.LoadSixBits(low, low + 32, high, out var q0, out var q1, out var q2, out var q3);
                V t0 = S.Multiply(q0, S.Load(at)), t1 = S.Multiply(q1, S.Load(at + 32));
                V t2 = S.Multiply(q2, S.Load(at + 64)), t3 = S.Multiply(q3, S.Load(at + 96));
                for (var i = S.Width; i < 16; i += S.Width)
                {
                    S.LoadSixBits(low + i, low + 32 + i, high + i, out q0, out q1, out q2, out q3);
                    t0 = S.MultiplyAdd(q0, S.Load(at + i), t0);
                    t1 = S.MultiplyAdd(q1, S.Load(at + 32 + i), t1);
                    t2 = S.MultiplyAdd(q2, S.Load(at + 64 + i), t2);
                    t3 = S.MultiplyAdd(q3, S.Load(at + 96 + i), t3);
                }

                scaled = S.MultiplyAdd(S.Create(s[0]), t0, scaled);
                other = S.MultiplyAdd(S.Create(s[2]), t1, other);
                scaled = S.MultiplyAdd(S.Create(s[4]), t2, scaled);
                other = S.MultiplyAdd(S.Create(s[6]), t3, other);
            }

            sum = S.MultiplyAdd(S.Create(d), S.Add(scaled, other), sum);
        }

        return sum;
    }

    public static void Widen<V, S>(byte* block, float* values)
        where V : struct
        where S : struct, ISimd<V>
    {
        var d = Scale(block);
        var offset = S.Create(32);
        for (var part = 0; part < 4; part++)
        {
            int half = part >> 1, l = (part & 1) * 16;
            byte* low = block + 64 * half + l, high = block + 128 + 32 * half + l, s = block + 192 + part + 6 * half;
            var to = values + 128 * half + l;
            V d0 = S.Create(d * (sbyte)s[0]), d1 = S.Create(d * (sbyte)s[2]), d2 = S.Create(d * (sbyte)s[4]), d3 = S.Create(d * (sbyte)s[6]);
            for (var i = 0; i < 16; i += S.Width)
            {
                S.LoadSixBits(low + i, low + 32 + i, high + i, out var q0, out var q1, out var q2, out var q3);
                S.Store(S.Multiply(d0, S.Subtract(q0, offset)), to + i);
                S.Store(S.Multiply(d1, S.Subtract(q1, offset)), to + 32 + i);
                S.Store(S.Multiply(d2, S.Subtract(q2, offset)), to + 64 + i);
                S.Store(S.Multiply(d3, S.Subtract(q3, offset)), to + 96 + i);
            }
        }
    }

    // d ends the block: read with what stands before it, so that nothing beyond the block is touched.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Scale(byte* block) => Simd128.LoadF16((ushort*)(block + 202)).GetElement(3);
}
