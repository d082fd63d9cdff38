using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>Dot products of activations with rows of <see cref="ISuperBlock"/>, a row at a time.</summary>
internal static unsafe class SuperRows<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    /// <summary>What <see cref="IBlockDot.Dots"/> computes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dots<B>(float* x, float* terms, byte* w, int n, int blocks, float* y)
        where B : struct, ISuperBlock
    {
        var stride = (nint)blocks * B.Size;
        var scales = Scratch.Get(Scratch.Slot.Weights, 16);
        var j = 0;
        for (; j <= n - 4; j += 4, w += 4 * stride)
        {
            S.StoreSums(B.Dot<V, S>(w, blocks, x, terms, scales), B.Dot<V, S>(w + stride, blocks, x, terms, scales),
                B.Dot<V, S>(w + 2 * stride, blocks, x, terms, scales), B.Dot<V, S>(w + 3 * stride, blocks, x, terms, scales), y + j);
        }

        for (; j < n; j++, w += stride)
            y[j] = S.Sum(B.Dot<V, S>(w, blocks, x, terms, scales));
    }
}
