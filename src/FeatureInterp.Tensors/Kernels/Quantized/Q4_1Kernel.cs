using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

/// <summary><see cref="Q4_1"/>: <c>Σ (d·q[i] + m)·x[i] = d·Σ q[i]·x[i] + m·Σ x[i]</c>.</summary>
internal readonly unsafe struct Q4_1Kernel : IBlockDot
{
    public static int Elements => 32;

    public static int Size => Q4_1.Bytes;

    public static int Halves => 2;

    public static int Terms => 2;

    public static void StoreTerms<V, S>(float* x, float* terms)
        where V : struct
        where S : struct, ISimd<V>
    {
        terms[0] = 0;
        terms[1] = BlockMath.Sum<V, S>(x, 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static V Dot<V, S>(byte* row, int blocks, float* x, float* terms, float* scales)
        where V : struct
        where S : struct, ISimd<V>
    {
        V sum = default, other = default;
        for (; blocks >= 2; blocks -= 2, row += 2 * Size, x += 64, scales += 4)
        {
            sum = S.MultiplyAdd(S.Create(scales[0]), BlockMath.DotNibbles<V, S>(row + 4, x), sum);
            other = S.MultiplyAdd(S.Create(scales[2]), BlockMath.DotNibbles<V, S>(row + Size + 4, x + 32), other);
        }

        if (blocks > 0)
            sum = S.MultiplyAdd(S.Create(scales[0]), BlockMath.DotNibbles<V, S>(row + 4, x), sum);
        return S.Add(sum, other);
    }

    public static void Widen<V, S>(byte* block, float* values)
        where V : struct
        where S : struct, ISimd<V>
    {
        var halves = Simd128.LoadF16((ushort*)block); // d, m, and what follows
        V d = S.Create(halves.ToScalar()), m = S.Create(halves.GetElement(1));
        for (var i = 0; i < 16; i += S.Width)
        {
            // The product has 15 bits at most, so it is exact and the sum is rounded once, fused or not.
            S.LoadNibbles(block + 4 + i, out var low, out var high);
            S.Store(S.Add(S.Multiply(d, low), m), values + i);
            S.Store(S.Add(S.Multiply(d, high), m), values + 16 + i);
        }
    }
}
