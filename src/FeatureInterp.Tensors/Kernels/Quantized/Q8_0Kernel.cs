using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

/// <summary><see cref="Q8_0"/>: <c>Σ d·q[i]·x[i] = d·Σ q[i]·x[i]</c>.</summary>
internal readonly unsafe struct Q8_0Kernel : IScaledBlock
{
    public static int Elements => 32;

    public static int Size => Q8_0.Bytes;

    public static int Halves => 1;

    public static int Terms => 0;

    public static void Prepare<V, S>(float* x, float* prepared, float* terms)
        where V : struct
        where S : struct, ISimd<V> => BlockMath.Copy<V, S>(x, prepared, 32);

    public static void Dots<V, S>(float* x, float* terms, byte* w, int n, int blocks, float* y)
        where V : struct
        where S : struct, ISimd<V> => ScaledRows<V, S>.Dots<Q8_0Kernel>(x, terms, w, n, blocks, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Dot<V, S>(byte* block, float* x)
        where V : struct
        where S : struct, ISimd<V>
    {
        var sum = S.Multiply(S.LoadI8(block + 2), S.Load(x));
        for (var i = S.Width; i < 32; i += S.Width)
            sum = S.MultiplyAdd(S.LoadI8(block + 2 + i), S.Load(x + i), sum);
        return sum;
    }

    public static void Widen<V, S>(byte* block, float* values)
        where V : struct
        where S : struct, ISimd<V>
    {
        var d = S.Create(Simd128.LoadF16((ushort*)block).ToScalar());
        for (var i = 0; i < 32; i += S.Width)
            S.Store(S.Multiply(d, S.LoadI8(block + 2 + i)), values + i);
    }
}
