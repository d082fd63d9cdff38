using System.Buffers;
using System.Numerics.Tensors;

namespace FeatureInterp.Tensors;

/// <summary>
/// The gradient of attention for one vector width. A thread takes a query head and goes through its queries block by block: scores,
/// pattern, and the five products that lead to the gradients of queries, keys and values. Heads that share keys and values sum
/// theirs apart, and their sums are added in the order of the heads, whatever thread was first.
/// </summary>
internal static unsafe class AttentionGradientSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // Queries at a time: fewer for long prompts, so that a block's four matrices [query, key] stay within 32 MB.
    private const int BlockQueries = 64;
    private const int BlockSize = 8 << 20;

    // Multiply-adds below which waking another thread costs more than it brings, about 20 µs.
    private const long ParallelWork = 1 << 19;

    /// <summary>dk and dv come as zeros.</summary>
    public static void Run(
        ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<float> g, AttentionShape shape, Span<float> dq, Span<float> dk, Span<float> dv)
    {
        var isShared = shape.Heads > shape.KeyValueHeads;
        var room = isShared ? ArrayPool<float>.Shared.Rent(checked(2 * shape.Heads * shape.Keys * shape.HeadDim)) : [];
        fixed (float* pq = q, pk = k, pv = v, pg = g, pdq = dq, pdk = dk, pdv = dv, pr = room)
        {
            var all = new Operands(pq, pk, pv, pg, pdq, pdk, pdv, isShared ? pr : null, shape);
            if (Workers.Count == 1 || (long)shape.ScoreLength * shape.HeadDim < ParallelWork)
            {
                for (var head = 0; head < shape.Heads; head++)
                    Head(all, head);
            }
            else
            {
                RunParallel(all);
            }

            if (isShared)
                AddHeads(all);
        }

        if (isShared)
            ArrayPool<float>.Shared.Return(room);
    }

    private static void RunParallel(Operands all) => Workers.Run(all.Shape.Heads, head => Head(all, head));

    private static void Head(in Operands all, int head)
    {
        var shape = all.Shape;
        float* dk = all.DkOf(head), dv = all.DvOf(head);
        if (all.Room != null)
        {
            new Span<float>(dk, shape.Keys * shape.HeadDim).Clear();
            new Span<float>(dv, shape.Keys * shape.HeadDim).Clear();
        }

        var atOnce = Math.Clamp(BlockSize / 4 / shape.Keys, 1, BlockQueries);
        for (var first = 0; first < shape.Queries; first += atOnce)
            Block(all, head, first, Math.Min(shape.Queries, first + atOnce), dk, dv, all.KeyStride);
    }

    private static void Block(in Operands all, int head, int first, int end, float* dk, float* dv, nint stride)
    {
        var shape = all.Shape;
        int d = shape.HeadDim, rows = end - first, firstKey = shape.FirstKey(first), keys = shape.EndKey(end - 1) - firstKey;
        nint queries = ((nint)first * shape.Heads + head) * d, queryStride = (nint)shape.Heads * d;
        nint from = ((nint)firstKey * shape.KeyValueHeads + shape.KeyValueHead(head)) * d, keyStride = (nint)shape.KeyValueHeads * d;
        float* pattern = Scratch.Get(Scratch.Slot.Scores, (nint)keys * (4 * rows + d)), slopes = pattern + (nint)rows * keys, capped = slopes + (nint)rows * keys;
        float* turned = capped + (nint)rows * keys, product = turned + (nint)rows * keys;

        Gemm<V, S>.MultiplyHere(all.Q + queries, queryStride, Rows(all.K + from, keyStride, inputFirst: false), rows, keys, d, pattern, keys);      // q·kᵀ
        Gemm<V, S>.MultiplyHere(all.G + queries, queryStride, Rows(all.V + from, keyStride, inputFirst: false), rows, keys, d, slopes, keys);       // dP = g·vᵀ
        for (var i = 0; i < rows; i++)
            Row(shape, first + i, firstKey, keys, pattern + (nint)i * keys, slopes + (nint)i * keys, capped + (nint)i * keys);

        Gemm<V, S>.MultiplyHere(slopes, keys, Rows(all.K + from, keyStride, inputFirst: true), rows, d, keys, all.Dq + queries, queryStride);       // dS·k
        AddTurned(slopes, all.Q + queries, dk + firstKey * stride);                                                                                // dSᵀ·q
        AddTurned(pattern, all.G + queries, dv + firstKey * stride);                                                                               // Pᵀ·g

        void AddTurned(float* weights, float* with, float* sum)
        {
            PanelPacker<V, S>.Activations(weights, keys, rows, keys, turned);                   // [key, query]
            Gemm<V, S>.MultiplyHere(turned, rows, Rows(with, queryStride, inputFirst: true), keys, d, rows, product, d);
            for (var j = 0; j < keys; j++)
                Add(product + (nint)j * d, sum + j * stride, d);
        }
    }

    private static PanelSource Rows(float* data, nint stride, bool inputFirst) => new((byte*)data, DType.F32, stride, inputFirst);

    // Of one query: products → pattern, and dP → dS · scale.
    private static void Row(AttentionShape shape, int query, int firstKey, int keys, float* pattern, float* slopes, float* capped)
    {
        int from = shape.FirstKey(query) - firstKey, count = shape.EndKey(query) - shape.FirstKey(query);
        ElementwiseSimd<V, S>.ScaleAndCap(pattern + from, count, shape.Scale, shape.SoftCap);
        ReadOnlySpan<float> scores = new(pattern + from, count);
        var tanh = new Span<float>(capped + from, count);
        if (shape.SoftCap > 0)
            TensorPrimitives.Divide(scores, shape.SoftCap, tanh);
        SoftmaxSimd<V, S>.Row(pattern + from, pattern + from, count, 0);
        Blank(pattern);

        // P·(dP − Σ P·dP)·scale, behind a cap times 1 − tanh².
        ReadOnlySpan<float> weights = new(pattern + from, count);
        var slope = new Span<float>(slopes + from, count);
        TensorPrimitives.Subtract(slope, TensorPrimitives.Dot(weights, slope), slope);
        TensorPrimitives.Multiply(slope, weights, slope);
        TensorPrimitives.Multiply(slope, shape.Scale, slope);
        if (shape.SoftCap > 0)
        {
            TensorPrimitives.Multiply(tanh, tanh, tanh);
            TensorPrimitives.Subtract(1f, tanh, tanh);
            TensorPrimitives.Multiply(slope, tanh, slope);
        }

        Blank(slopes);

        void Blank(float* row)
        {
            new Span<float>(row, from).Clear();
            new Span<float>(row + from + count, keys - from - count).Clear();
        }
    }

    private static void Add(float* from, float* to, int length)
    {
        var sum = new Span<float>(to, length);
        TensorPrimitives.Add(sum, new ReadOnlySpan<float>(from, length), sum);
    }

    private static void AddHeads(in Operands all)
    {
        var (shape, d) = (all.Shape, all.Shape.HeadDim);
        for (var head = 0; head < shape.Heads; head++)
        {
            float* dk = all.DkOf(head), dv = all.DvOf(head);
            for (var key = 0; key < shape.Keys; key++)
            {
                var to = ((nint)key * shape.KeyValueHeads + shape.KeyValueHead(head)) * d;
                Add(dk + (nint)key * d, all.Dk + to, d);
                Add(dv + (nint)key * d, all.Dv + to, d);
            }
        }
    }

    /// <summary>Where everything is; <paramref name="room"/> is for the heads' own sums, [2, head, key, d_head], null where no two heads share.</summary>
    private readonly struct Operands(float* q, float* k, float* v, float* g, float* dq, float* dk, float* dv, float* room, AttentionShape shape)
    {
        public readonly float* Q = q;
        public readonly float* K = k;
        public readonly float* V = v;
        public readonly float* G = g;
        public readonly float* Dq = dq;
        public readonly float* Dk = dk;
        public readonly float* Dv = dv;
        public readonly float* Room = room;
        public readonly AttentionShape Shape = shape;

        /// <summary>Where a head sums up the gradient of keys.</summary>
        public float* DkOf(int head) => Room == null ? Dk + (nint)head * Shape.HeadDim : Room + (nint)head * Shape.Keys * Shape.HeadDim;

        /// <summary>Where a head sums up the gradient of values.</summary>
        public float* DvOf(int head) => Room == null ? Dv + (nint)head * Shape.HeadDim : Room + (nint)(Shape.Heads + head) * Shape.Keys * Shape.HeadDim;

        /// <summary>How far one key of these is from the next.</summary>
        public nint KeyStride => Room == null ? (nint)Shape.KeyValueHeads * Shape.HeadDim : Shape.HeadDim;
    }
}
