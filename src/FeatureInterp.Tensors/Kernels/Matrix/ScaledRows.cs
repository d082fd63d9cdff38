using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>
/// Dot products of activations with rows of <see cref="IScaledBlock"/>, four rows at a time. The halves at the head of the
/// blocks are widened first, many in one vector; that walk over the rows also brings them into the cache.
/// </summary>
internal static unsafe class ScaledRows<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // How far ahead rows are asked for: they are over too soon for the processor to see by itself where the next ones are.
    private const int Ahead = 16;

    /// <summary>What <see cref="IBlockDot.Dots"/> computes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dots<B>(float* x, float* terms, byte* w, int n, int blocks, float* y)
        where B : struct, IScaledBlock
    {
        var stride = (nint)blocks * B.Size;
        var pitch = (nint)(blocks * B.Halves + S.Width - 1) / S.Width * S.Width;
        var scales = Scratch.Get(Scratch.Slot.Weights, 4 * pitch);
        var j = 0;
        for (; j <= n - 4; j += 4, w += 4 * stride)
        {
            CopyHalves<B>(w, stride, blocks, scales, pitch);
            V s0 = WidenHalves<B>(terms, scales, pitch), s1 = WidenHalves<B>(terms, scales + pitch, pitch);
            V s2 = WidenHalves<B>(terms, scales + 2 * pitch, pitch), s3 = WidenHalves<B>(terms, scales + 3 * pitch, pitch);
            nint stride3 = 3 * stride, pitch2 = 2 * pitch, pitch3 = 3 * pitch;
            var at = x;
            var scale = scales;
            var ahead = w + Ahead * stride;
            for (byte* block = w, end = w + stride; block != end; block += B.Size, at += B.Elements, scale += B.Halves, ahead += 4 * B.Size)
            {
                S.Prefetch(ahead);
                S.Prefetch(ahead + 64);
                if (B.Size > 32)
                    S.Prefetch(ahead + 128);
                s0 = S.MultiplyAdd(B.Dot<V, S>(block, at), S.Create(scale[0]), s0);
                s1 = S.MultiplyAdd(B.Dot<V, S>(block + stride, at), S.Create(scale[pitch]), s1);
                s2 = S.MultiplyAdd(B.Dot<V, S>(block + 2 * stride, at), S.Create(scale[pitch2]), s2);
                s3 = S.MultiplyAdd(B.Dot<V, S>(block + stride3, at), S.Create(scale[pitch3]), s3);
            }

            S.StoreSums(s0, s1, s2, s3, y + j);
        }

        for (; j < n; j++, w += stride)
        {
            CopyHalves<B>(w, 0, blocks, scales, pitch);
            var sum = WidenHalves<B>(terms, scales, pitch);
            for (var block = 0; block < blocks; block++)
                sum = S.MultiplyAdd(B.Dot<V, S>(w + block * B.Size, x + block * B.Elements), S.Create(scales[block * B.Halves]), sum);
            y[j] = S.Sum(sum);
        }
    }

    // The halves of four rows go to the upper parts of the room for their widened selves, which overwrite them from below.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void CopyHalves<B>(byte* w, nint stride, int blocks, float* scales, nint pitch)
        where B : struct, IScaledBlock
    {
        byte* w2 = w + 2 * stride;
        ushort* h0 = (ushort*)scales + pitch, h1 = h0 + 2 * pitch, h2 = h1 + 2 * pitch, h3 = h2 + 2 * pitch;
        var count = (nint)blocks * B.Halves;
        for (nint i = 0; i < count; i += B.Halves, w += B.Size, w2 += B.Size)
        {
            if (B.Halves == 2)
            {
                *(uint*)(h0 + i) = *(uint*)w;
                *(uint*)(h1 + i) = *(uint*)(w + stride);
                *(uint*)(h2 + i) = *(uint*)w2;
                *(uint*)(h3 + i) = *(uint*)(w2 + stride);
            }
            else
            {
                h0[i] = *(ushort*)w;
                h1[i] = *(ushort*)(w + stride);
                h2[i] = *(ushort*)w2;
                h3[i] = *(ushort*)(w2 + stride);
            }
        }

        for (; count < pitch; count++)
            h0[count] = h1[count] = h2[count] = h3[count] = 0;
    }

    // Returns the products with the terms, if there are terms.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V WidenHalves<B>(float* terms, float* scales, nint pitch)
        where B : struct, IScaledBlock
    {
        V sum = default;
        var halves = (ushort*)scales + pitch;
        for (nint i = 0; i < pitch; i += S.Width)
        {
            var widened = S.LoadF16(halves + i);
            S.Store(widened, scales + i);
            if (B.Terms > 0)
                sum = S.MultiplyAdd(widened, S.Load(terms + i), sum);
        }

        return sum;
    }
}
