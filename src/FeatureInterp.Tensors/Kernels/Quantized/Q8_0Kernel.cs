using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

/// <summary><see cref="Q8_0"/>: <c>Σ d·q[i]·x[i] = d·Σ q[i]·x[i]</c>.</summary>
internal readonly unsafe struct Q8_0Kernel : IBlockDot
{
    public static int Elements => 32;

    public static int Size => Q8_0.Bytes;

    public static int Halves => 1;

    public static int Terms => 0;

    public static void StoreTerms<V, S>(float* x, float* terms)
        where V : struct
        where S : struct, ISimd<V>
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static V Dot<V, S>(byte* row, int blocks, float* x, float* terms, float* scales)
        where V : struct
        where S : struct, ISimd<V>
    {
        V sum = default, other = default;
        for (; blocks >= 2; blocks -= 2, row += 2 * Size, x += 64, scales += 2)
        {
            sum = S.MultiplyAdd(S.Create(scales[0]), DotBytes<V, S>(row + 2, x), sum);
            other = S.MultiplyAdd(S.Create(scales[1]), DotBytes<V, S>(row + Size + 2, x + 32), other);
        }

        if (blocks > 0)
            sum = S.MultiplyAdd(S.Create(scales[0]), DotBytes<V, S>(row + 2, x), sum);
        return S.Add(sum, other);
    }

    public static void Widen<V, S>(byte* block, float* values)
        where V : struct
        where S : struct, ISimd<V>
    {
        var d = S.Create(Simd128.LoadF16((ushort*)block).ToScalar());
        for (var i = 0; i < 32; i += S.Width)
            S.Store(S.Multiply(d, S.LoadI8(block + 2 + i)), values + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V DotBytes<V, S>(byte* q, float* x)
        where V : struct
        where S : struct, ISimd<V>
    {
        var sum = S.Multiply(S.LoadI8(q), S.Load(x));
        for (var i = S.Width; i < 32; i += S.Width)
            sum = S.MultiplyAdd(S.LoadI8(q + i), S.Load(x + i), sum);
        return sum;
    }
}
