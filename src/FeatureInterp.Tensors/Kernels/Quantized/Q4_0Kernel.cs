using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

/// <summary><see cref="Q4_0"/>: <c>Σ d·(q[i] − 8)·x[i] = d·Σ q[i]·x[i] − 8·d·Σ x[i]</c>.</summary>
internal readonly unsafe struct Q4_0Kernel : IScaledBlock
{
    public static int Elements => 32;

    public static int Size => Q4_0.Bytes;

    public static int Halves => 1;

    public static int Terms => 1;

    public static void Prepare<V, S>(float* x, float* prepared, float* terms)
        where V : struct
        where S : struct, ISimd<V>
    {
        terms[0] = -8 * BlockMath.Sum<V, S>(x, 32);
        BlockMath.PrepareNibbles<V, S>(x, prepared);
    }

    public static void Dots<V, S>(float* x, float* terms, byte* w, int n, int blocks, float* y)
        where V : struct
        where S : struct, ISimd<V> => ScaledRows<V, S>.Dots<Q4_0Kernel>(x, terms, w, n, blocks, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Dot<V, S>(byte* block, float* x)
        where V : struct
        where S : struct, ISimd<V> => BlockMath.DotNibbles<V, S>(block + 2, x);

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
