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
        var prepared = Scratch.Get(Scratch.Slot.Activations, k + blocks * B.Terms + S.Width);
        var terms = prepared + k;
        for (var block = 0; block < blocks; block++)
            B.Prepare<V, S>(x + block * B.Elements, prepared + block * B.Elements, terms + block * B.Terms);
        new Span<float>(terms + blocks * B.Terms, S.Width).Clear();
        if (w.Stride / B.Elements * B.Size * n < ParallelBytes || Workers.Count == 1)
            B.Dots<V, S>(prepared, terms, w.Data, n, blocks, y);
        else
            MultiplyParallel<B>(prepared, terms, w.Data, n, blocks, y);
    }

    private static void MultiplyParallel<B>(float* x, float* terms, byte* w, int n, int blocks, float* y)
        where B : struct, IBlockDot
    {
        var stride = (nint)blocks * B.Size;
        var chunks = (int)Math.Clamp(n * stride / ChunkBytes, Workers.Count, n);
        Workers.Run(chunks, chunk =>
        {
            int first = Boundary(n, chunk, chunks), end = Boundary(n, chunk + 1, chunks);
            B.Dots<V, S>(x, terms, w + first * stride, end - first, blocks, y + first);
        });
    }

    // On multiples of 16 outputs, a cache line of results.
    private static int Boundary(int n, int chunk, int chunks) => chunk == chunks ? n : (int)((long)n * chunk / chunks) & ~15;

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
