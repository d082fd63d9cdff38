namespace FeatureInterp.Tensors;

/// <summary>
/// Attention for one vector width, in three parts with the whole pattern between them; the work is cut into one head's block of
/// queries. <see cref="FusedAttention{V, S}"/> and <see cref="SingleQueryAttention{V, S}"/> do it in one pass.
/// </summary>
internal static unsafe class AttentionSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    private const int BlockQueries = 96;

    // Multiply-adds below which waking another thread costs more than it brings, about 20 µs.
    private const long ParallelWork = 1 << 19;

    private delegate void BlockAction(int head, int first, int end);

    public static void Scores(ReadOnlySpan<float> q, ReadOnlySpan<float> k, AttentionShape shape, Span<float> scores)
    {
        fixed (float* pq = q, pk = k, ps = scores)
        {
            float* from = pq, keys = pk, to = ps;
            ForEachBlock(shape, (head, first, end) =>
                BlockScores(from, keys, shape, head, first, end, 0, shape.Keys, to + ((nint)head * shape.Queries + first) * shape.Keys));
        }
    }

    public static void Mix(ReadOnlySpan<float> pattern, ReadOnlySpan<float> v, AttentionShape shape, Span<float> z)
    {
        fixed (float* pp = pattern, pv = v, pz = z)
        {
            float* from = pp, values = pv, to = pz;
            ForEachBlock(shape, (head, first, end) =>
                BlockMix(from + ((nint)head * shape.Queries + first) * shape.Keys, values, shape, head, first, end, 0, shape.Keys, to));
        }
    }

    public static void Attention(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, AttentionShape shape, Span<float> z)
    {
        fixed (float* pq = q, pk = k, pv = v, pz = z)
        {
            if (shape.Queries > 1)
                FusedAttention<V, S>.Run(pq, pk, pv, shape, pz);
            else
                SingleQueryAttention<V, S>.Run(pq, pk, pv, shape, pz);
        }
    }

    private static void ForEachBlock(AttentionShape shape, BlockAction action)
    {
        var blocks = (shape.Queries + BlockQueries - 1) / BlockQueries;
        var chunks = blocks * shape.Heads;
        if ((long)shape.ScoreLength * shape.HeadDim < ParallelWork || Workers.Count == 1)
        {
            for (var chunk = 0; chunk < chunks; chunk++)
                Block(chunk);
        }
        else
        {
            // The last queries see the most keys: they go first, so that no thread is left with a large block at the end.
            Workers.Run(chunks, chunk => Block(chunks - 1 - chunk));
        }

        void Block(int chunk)
        {
            var first = chunk / shape.Heads * BlockQueries;
            action(chunk % shape.Heads, first, Math.Min(shape.Queries, first + BlockQueries));
        }
    }

    /// <summary>The scores of queries first … end − 1 with keys firstKey … firstKey + length − 1, rows of <paramref name="length"/>.</summary>
    private static void BlockScores(
        float* q, float* k, AttentionShape shape, int head, int first, int end, int firstKey, int length, float* scores)
    {
        int d = shape.HeadDim, visible = shape.FirstKey(first), count = shape.EndKey(end - 1) - visible;
        var query = q + ((nint)first * shape.Heads + head) * d;
        var key = k + ((nint)visible * shape.KeyValueHeads + shape.KeyValueHead(head)) * d;
        nint stride = (nint)shape.KeyValueHeads * d;
        var to = scores + visible - firstKey;
        if (shape.Queries == 1)
            RowKernel<V, S>.Dots<ElementF32>(query, (byte*)key, stride, count, d, to);
        else
            Gemm<V, S>.MultiplyHere(query, (nint)shape.Heads * d, new PanelSource((byte*)key, DType.F32, stride, inputFirst: false), end - first, count, d, to, length);

        for (var i = first; i < end; i++, scores += length)
        {
            int from = shape.FirstKey(i) - firstKey, until = shape.EndKey(i) - firstKey;
            ElementwiseSimd<V, S>.ScaleAndCap(scores + from, until - from, shape.Scale, shape.SoftCap);
            new Span<float>(scores, from).Fill(float.NegativeInfinity);
            new Span<float>(scores + until, length - until).Fill(float.NegativeInfinity);
        }
    }

    /// <summary>The mixture for queries first … end − 1, whose pattern has weights for keys firstKey … firstKey + length − 1.</summary>
    private static void BlockMix(
        float* pattern, float* v, AttentionShape shape, int head, int first, int end, int firstKey, int length, float* z)
    {
        int d = shape.HeadDim, skip = LeadingZeros(pattern, end - first, length), count = length - skip - TrailingZeros(pattern, end - first, length);
        var value = v + ((nint)(firstKey + skip) * shape.KeyValueHeads + shape.KeyValueHead(head)) * d;
        var to = z + ((nint)first * shape.Heads + head) * d;
        nint stride = (nint)shape.KeyValueHeads * d;
        if (shape.Queries == 1)
            RowKernel<V, S>.AddRows<ElementF32>(pattern + skip, (byte*)value, stride, d, count, to);
        else
            Gemm<V, S>.MultiplyHere(pattern + skip, length, new PanelSource((byte*)value, DType.F32, stride, inputFirst: true), end - first, d, count, to, (nint)shape.Heads * d);
    }

    // The columns that hold nothing but +0 at either end, as the future does and what a window leaves out.
    private static int LeadingZeros(float* pattern, int rows, int length)
    {
        var zeros = length;
        for (var row = 0; row < rows && zeros > 0; row++)
        {
            var found = new ReadOnlySpan<int>(pattern + (nint)row * length, zeros).IndexOfAnyExcept(0);
            zeros = found < 0 ? zeros : found;
        }

        return zeros == length ? 0 : zeros;
    }

    private static int TrailingZeros(float* pattern, int rows, int length)
    {
        var zeros = length;
        for (var row = rows - 1; row >= 0 && zeros > 0; row--)
        {
            var found = new ReadOnlySpan<int>(pattern + (nint)(row + 1) * length - zeros, zeros).LastIndexOfAnyExcept(0);
            zeros = found < 0 ? zeros : zeros - 1 - found;
        }

        return zeros == length ? 0 : zeros;
    }
}
