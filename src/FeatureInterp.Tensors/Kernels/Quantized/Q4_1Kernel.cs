using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

/// <summary><see cref="Q4_1"/>: <c>Σ (d·q[i] + m)·x[i] = d·Σ q[i]·x[i] + m·Σ x[i]</c>.</summary>
internal readonly unsafe struct Q4_1Kernel : IScaledBlock
{
    public static int Elements => 32;

    public static int Size => Q4_1.Bytes;

    public static int Halves => 2;

    public static int Terms => 2;

    public static void Prepare<V, S>(float* x, float* prepared, float* terms)
        where V : struct
        where S : struct, ISimd<V>
    {
        terms[0] = 0;
        terms[1] = BlockMath.Sum<V, S>(x, 32);
        BlockMath.PrepareNibbles<V, S>(x, prepared);
    }

    public static void Dots<V, S>(float* x, float* terms, byte* w, int n, int blocks, float* y)
        where V : struct
        where S : struct, ISimd<V> => ScaledRows<V, S>.Dots<Q4_1Kernel>(x, terms, w, n, blocks, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Dot<V, S>(byte* block, float* x)
        where V : struct
        where S : struct, ISimd<V> => BlockMath.DotNibbles<V, S>(block + 4, x);

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
