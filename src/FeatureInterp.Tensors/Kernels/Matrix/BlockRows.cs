using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>A single activation row times a weight of quantised blocks, [n, k], read once and straight from the blocks: the
/// activations stay fp32 and the weights are what the blocks say, so nothing is rounded but the sums.</summary>
internal static unsafe class BlockRows<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // Bytes of weights below which waking another thread costs more than it brings, and what a thread takes at a time.
    private const long ParallelBytes = 64 << 10;
    private const long ChunkBytes = 32 << 10;
    private const int RowsAtOnce = 4;

    /// <summary>y[j] = Σ_p x[p] · w[j,p].</summary>
    public static void Multiply(float* x, in PanelSource w, int n, int k, float* y)
    {
        switch (w.DType)
        {
            case DType.Q8_0: Multiply<Q8_0Kernel>(x, w, n, k, y); break;
            case DType.Q4_0: Multiply<Q4_0Kernel>(x, w, n, k, y); break;
            case DType.Q4_1: Multiply<Q4_1Kernel>(x, w, n, k, y); break;
            case DType.Q4_K: Multiply<Q4_KKernel>(x, w, n, k, y); break;
            case DType.Q5_K: Multiply<Q5_KKernel>(x, w, n, k, y); break;
            case DType.Q6_K: Multiply<Q6_KKernel>(x, w, n, k, y); break;
            default: MultiplyWidened(x, w, n, k, y); break;
        }
    }

    private static void Multiply<B>(float* x, in PanelSource w, int n, int k, float* y)
        where B : struct, IBlockDot
    {
        var blocks = k / B.Elements;
        var terms = Scratch.Get(Scratch.Slot.Activations, blocks * B.Terms + S.Width);
        for (var block = 0; block < blocks; block++)
            B.StoreTerms<V, S>(x + block * B.Elements, terms + block * B.Terms);
        new Span<float>(terms + blocks * B.Terms, S.Width).Clear();
        if (w.Stride / B.Elements * B.Size * n < ParallelBytes || Workers.Count == 1)
            Dots<B>(x, terms, w.Data, n, blocks, y);
        else
            MultiplyParallel<B>(x, terms, w.Data, n, blocks, y);
    }

    private static void MultiplyParallel<B>(float* x, float* terms, byte* w, int n, int blocks, float* y)
        where B : struct, IBlockDot
    {
        var stride = (nint)blocks * B.Size;
        var chunks = (int)Math.Clamp(n * stride / ChunkBytes, Workers.Count, n);
        Workers.Run(chunks, chunk =>
        {
            int first = Boundary(n, chunk, chunks), end = Boundary(n, chunk + 1, chunks);
            Dots<B>(x, terms, w + first * stride, end - first, blocks, y + first);
        });
    }

    // On multiples of 16 outputs, a cache line of results.
    private static int Boundary(int n, int chunk, int chunks) => chunk == chunks ? n : (int)((long)n * chunk / chunks) & ~15;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dots<B>(float* x, float* terms, byte* w, int n, int blocks, float* y)
        where B : struct, IBlockDot
    {
        var stride = (nint)blocks * B.Size;
        var pitch = B.Halves == 0 ? 16 : (nint)(blocks * B.Halves + S.Width - 1) / S.Width * S.Width;
        var scales = Scratch.Get(Scratch.Slot.Weights, RowsAtOnce * pitch);
        var j = 0;
        for (; j <= n - RowsAtOnce; j += RowsAtOnce, w += RowsAtOnce * stride)
        {
            // Rows are over too soon for the processor to look ahead by itself.
            for (nint at = 0; at < RowsAtOnce * stride; at += 64)
                S.Prefetch(w + RowsAtOnce * stride + at);
            for (var row = 0; row < RowsAtOnce; row++)
                CopyHalves<B>(w + row * stride, blocks, scales + row * pitch, pitch);
            V s0 = WidenHalves<B>(terms, scales, pitch), s1 = WidenHalves<B>(terms, scales + pitch, pitch);
            V s2 = WidenHalves<B>(terms, scales + 2 * pitch, pitch), s3 = WidenHalves<B>(terms, scales + 3 * pitch, pitch);
            s0 = S.Add(s0, B.Dot<V, S>(w, blocks, x, terms, scales));
            s1 = S.Add(s1, B.Dot<V, S>(w + stride, blocks, x, terms, scales + pitch));
            s2 = S.Add(s2, B.Dot<V, S>(w + 2 * stride, blocks, x, terms, scales + 2 * pitch));
            s3 = S.Add(s3, B.Dot<V, S>(w + 3 * stride, blocks, x, terms, scales + 3 * pitch));
            S.StoreSums(s0, s1, s2, s3, y + j);
        }

        for (; j < n; j++, w += stride)
        {
            CopyHalves<B>(w, blocks, scales, pitch);
            var sum = WidenHalves<B>(terms, scales, pitch);
            y[j] = S.Sum(S.Add(sum, B.Dot<V, S>(w, blocks, x, terms, scales)));
        }
    }

    // The halves go to the upper part of the room for their widened selves, which overwrite them from below.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyHalves<B>(byte* row, int blocks, float* scales, nint pitch)
        where B : struct, IBlockDot
    {
        if (B.Halves == 0)
            return;
        var halves = (ushort*)scales + pitch;
        for (var block = 0; block < blocks; block++, row += B.Size, halves += B.Halves)
        {
            if (B.Halves == 2)
                *(uint*)halves = *(uint*)row;
            else
                *halves = *(ushort*)row;
        }

        for (var end = (ushort*)scales + 2 * pitch; halves < end; halves++)
            *halves = 0;
    }

    // Returns their products with the terms, if there are terms.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V WidenHalves<B>(float* terms, float* scales, nint pitch)
        where B : struct, IBlockDot
    {
        V sum = default;
        if (B.Halves == 0)
            return sum;
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

    private static void MultiplyWidened(float* x, PanelSource w, int n, int k, float* y)
    {
        var chunks = Math.Min(n, 8 * Workers.Count);
        Workers.Run(chunks, chunk =>
        {
            var row = Scratch.Get(Scratch.Slot.Weights, k);
            for (var j = (int)((long)n * chunk / chunks); j < (int)((long)n * (chunk + 1) / chunks); j++)
            {
                BlockPanels<V, S>.Widen(w, j, 0, k, row);
                RowKernel<V, S>.Dots<ElementF32>(x, (byte*)row, k, 1, k, y + j);
            }
        });
    }
}
