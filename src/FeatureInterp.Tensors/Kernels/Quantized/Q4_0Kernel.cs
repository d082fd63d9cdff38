using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

/// <summary><see cref="Q4_0"/>: <c>Σ d·(q[i] − 8)·x[i] = d·Σ q[i]·x[i] − 8·d·Σ x[i]</c>.</summary>
internal readonly unsafe struct Q4_0Kernel : IBlockDot
{
    public static int Elements => 32;

    public static int Size => Q4_0.Bytes;

    public static int Halves => 1;

    public static int Terms => 1;

    public static void StoreTerms<V, S>(float* x, float* terms)
        where V : struct
        where S : struct, ISimd<V> => terms[0] = -8 * BlockMath.Sum<V, S>(x, 32);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static V Dot<V, S>(byte* row, int blocks, float* x, float* terms, float* scales)
        where V : struct
        where S : struct, ISimd<V>
    {
        V sum = default, other = default;
        for (; blocks >= 2; blocks -= 2, row += 2 * Size, x += 64, scales += 2)
        {
            sum = S.MultiplyAdd(S.Create(scales[0]), BlockMath.DotNibbles<V, S>(row + 2, x), sum);
            other = S.MultiplyAdd(S.Create(scales[1]), BlockMath.DotNibbles<V, S>(row + Size + 2, x + 32), other);
        }

        if (blocks > 0)
            sum = S.MultiplyAdd(S.Create(scales[0]), BlockMath.DotNibbles<V, S>(row + 2, x), sum);
        return S.Add(sum, other);
    }

    public static void Widen<V, S>(byte* block, float* values)
        where V : struct
        where S : struct, ISimd<V>
    {
        V d = S.Create(Simd128.LoadF16((ushort*)block).ToScalar()), eight = S.Create(8);
        for (var i = 0; i < 16; i += S.Width)
        {
            S.LoadNibbles(block + 2 + i, out var low, out var high);
            S.Store(S.Multiply(d, S.Subtract(low, eight)), values + i);
            S.Store(S.Multiply(d, S.Subtract(high, eight)), values + 16 + i);
        }
    }
}
