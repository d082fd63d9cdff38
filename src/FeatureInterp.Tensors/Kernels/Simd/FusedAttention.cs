namespace FeatureInterp.Tensors;

/// <summary>
/// Attention of several queries in one pass for one vector width. Keys and values are packed once for all the query heads that
/// share them; then each thread takes a head's next few queries: scores of the keys they see, softmax, mixture. Sums run in the
/// same order as those of <see cref="AttentionSimd{V, S}"/>'s three parts, so the bits are the same.
/// </summary>
internal static unsafe class FusedAttention<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // The most keys and values packed at once, in floats (16 MB), unless one head's are more.
    private const int PackedSize = 4 << 20;

    // Keys of the mixture whose weights are packed at a time: with a tile's rows they stay in the first-level cache.
    private const int KeyBlock = 384;

    // Multiply-adds below which waking another thread costs more than it brings, about 20 µs.
    private const long ParallelWork = 1 << 19;

    private static int PanelWidth => 2 * S.Width;

    // The first key's panel is read by two tiles in turn.
    private static int QueriesAtOnce => 2 * S.TileRows;

    public static void Run(float* q, float* k, float* v, AttentionShape shape, float* z)
    {
        var layout = new Layout(shape);
        var isParallel = Workers.Count > 1 && (long)shape.Heads * shape.Queries * layout.Keys * shape.HeadDim >= ParallelWork;
        var step = Math.Clamp((int)(PackedSize / layout.Size), 1, shape.KeyValueHeads);
        for (var first = 0; first < shape.KeyValueHeads; first += step)
        {
            var count = Math.Min(step, shape.KeyValueHeads - first);
            var part = new Part(q, k, v, z, shape, layout, Scratch.Get(Scratch.Slot.Weights, count * layout.Size), first, count);
            if (isParallel)
            {
                RunParallel(part);
                continue;
            }

            for (var chunk = 0; chunk < part.PackChunks; chunk++)
                Pack(part, chunk);
            for (var chunk = 0; chunk < part.TileChunks; chunk++)
                Tile(part, chunk);
        }
    }

    private static void RunParallel(Part part)
    {
        Workers.Run(part.PackChunks, chunk => Pack(part, chunk));

        // The last queries see the most keys: they go first, so that no thread is left with a large piece at the end.
        Workers.Run(part.TileChunks, chunk => Tile(part, part.TileChunks - 1 - chunk));
    }

    // Panels of keys [d, 2·Width], then panels of values [keys, 2·Width].
    private static void Pack(in Part part, int chunk)
    {
        var (shape, layout) = (part.Shape, part.Layout);
        int head = chunk / layout.PackChunks, d = shape.HeadDim;
        int first = chunk % layout.PackChunks * Layout.PackedKeys, end = Math.Min(layout.Keys, first + Layout.PackedKeys);
        nint stride = (nint)shape.KeyValueHeads * d, from = (nint)(part.FirstHead + head) * d;
        var keys = new PanelSource((byte*)(part.K + layout.FirstKey * stride + from), DType.F32, stride, inputFirst: false);
        var values = new PanelSource((byte*)(part.V + layout.FirstKey * stride + from), DType.F32, stride, inputFirst: true);
        float* toKeys = part.Packed + head * layout.Size, toValues = toKeys + layout.KeySize;
        for (var key = first; key < end; key += PanelWidth)
            PanelPacker<V, S>.Weights(keys, 0, d, key, Math.Min(PanelWidth, end - key), toKeys + (nint)key * d);
        for (var column = 0; column < d; column += PanelWidth)
            PanelPacker<V, S>.Weights(values, first, end - first, column, Math.Min(PanelWidth, d - column), toValues + (nint)column * layout.Keys + first * PanelWidth);
    }

    private static void Tile(in Part part, int chunk)
    {
        var (shape, layout) = (part.Shape, part.Layout);
        var heads = shape.Heads / shape.KeyValueHeads * part.HeadCount;
        int head = part.FirstHead * (shape.Heads / shape.KeyValueHeads) + chunk % heads;
        int first = chunk / heads * QueriesAtOnce, end = Math.Min(shape.Queries, first + QueriesAtOnce);
        var packed = part.Packed + (shape.KeyValueHead(head) - part.FirstHead) * layout.Size;

        // From a whole panel on, so that the softmax adds in the order of the whole row.
        int firstKey = shape.FirstKey(first) / PanelWidth * PanelWidth, length = shape.EndKey(end - 1) - firstKey;
        var pitch = (length + PanelWidth - 1) / PanelWidth * PanelWidth;
        var scores = Scratch.Get(Scratch.Slot.Scores, (nint)(end - first) * pitch);
        Scores(part, head, first, end, packed + (nint)(firstKey - layout.FirstKey) * shape.HeadDim, firstKey, pitch, scores);
        for (var i = first; i < end; i++)
            Softmax(shape, i, TileEnd(first, end, i), firstKey, scores + (nint)(i - first) * pitch);
        Mix(part, head, first, end, packed + layout.KeySize + (nint)(firstKey - layout.FirstKey) * PanelWidth, firstKey, pitch, scores);
    }

    private static void Scores(in Part part, int head, int first, int end, float* keys, int firstKey, int pitch, float* scores)
    {
        var shape = part.Shape;
        int d = shape.HeadDim, length = shape.EndKey(end - 1) - firstKey;
        nint stride = (nint)shape.Heads * d;
        var queries = Scratch.Get(Scratch.Slot.Activations, (nint)QueriesAtOnce * Math.Max(d, KeyBlock));
        for (var row = first; row < end; row += S.TileRows)
            PanelPacker<V, S>.Activations(part.Q + row * stride + (nint)head * d, stride, Math.Min(S.TileRows, end - row), d, queries + (nint)(row - first) * d);
        for (var key = 0; key < length; key += PanelWidth)
        {
            for (var row = first; row < end; row += S.TileRows)
            {
                var rows = Math.Min(S.TileRows, end - row);
                if (firstKey + key < shape.EndKey(row + rows - 1))
                    MicroKernel<V, S>.Run(rows, queries + (nint)(row - first) * d, keys + (nint)key * d, d, scores + (nint)(row - first) * pitch + key, pitch, accumulate: false);
            }
        }
    }

    /// <summary>The weights of one query from its products, with zeros to either side as far as its tile goes. Whole panels are worked
    /// on: a key the query does not see counts as −∞, which adds nothing.</summary>
    public static void Softmax(AttentionShape shape, int query, int tileEnd, int firstKey, float* row)
    {
        int from = shape.FirstKey(query) - firstKey, until = shape.EndKey(query) - firstKey;
        int first = from / PanelWidth * PanelWidth, end = (until + PanelWidth - 1) / PanelWidth * PanelWidth;
        ElementwiseSimd<V, S>.ScaleAndCap(row + first, end - first, shape.Scale, shape.SoftCap);
        new Span<float>(row + first, from - first).Fill(float.NegativeInfinity);
        new Span<float>(row + until, end - until).Fill(float.NegativeInfinity);
        SoftmaxSimd<V, S>.Row(row + first, row + first, end - first, firstKey + first);
        new Span<float>(row, first).Clear();
        var rest = shape.EndKey(tileEnd - 1) - firstKey - end;
        if (rest > 0)
            new Span<float>(row + end, rest).Clear();
    }

    private static void Mix(in Part part, int head, int first, int end, float* values, int firstKey, int pitch, float* pattern)
    {
        var shape = part.Shape;
        var d = shape.HeadDim;
        nint stride = (nint)shape.Heads * d;
        var weights = Scratch.Get(Scratch.Slot.Activations, (nint)QueriesAtOnce * Math.Max(d, KeyBlock));
        for (var row = first; row < end; row += S.TileRows)
        {
            int rows = Math.Min(S.TileRows, end - row), length = shape.EndKey(row + rows - 1) - firstKey;
            for (var key = 0; key < length; key += KeyBlock)
            {
                var depth = Math.Min(KeyBlock, length - key);
                PanelPacker<V, S>.Activations(pattern + (nint)(row - first) * pitch + key, pitch, rows, depth, weights);
                for (var column = 0; column < d; column += PanelWidth)
                {
                    var panel = values + (nint)column * part.Layout.Keys + (nint)key * PanelWidth;
                    var to = part.Z + row * stride + (nint)head * d + column;
                    if (d - column >= PanelWidth)
                        MicroKernel<V, S>.Run(rows, weights, panel, depth, to, stride, key > 0);
                    else
                        Gemm<V, S>.MultiplyEdge(rows, weights, panel, depth, to, stride, d - column, key > 0);
                }
            }
        }
    }

    // One past the last query of the tile that a query is in.
    private static int TileEnd(int first, int end, int query) =>
        Math.Min(end, first + ((query - first) / S.TileRows + 1) * S.TileRows);

    /// <summary>Where the packed keys and values of one head are. Keys that no query sees are left out.</summary>
    private readonly struct Layout
    {
        /// <summary>Keys that a thread packs at a time: whole panels at every width.</summary>
        public const int PackedKeys = 256;

        public readonly int FirstKey;
        public readonly int Keys;
        public readonly int PackChunks;
        public readonly nint KeySize;
        public readonly nint Size;

        public Layout(AttentionShape shape)
        {
            FirstKey = shape.FirstKey(0) / PanelWidth * PanelWidth;
            Keys = shape.Keys - FirstKey;
            PackChunks = (Keys + PackedKeys - 1) / PackedKeys;
            KeySize = (nint)Whole(Keys) * shape.HeadDim;
            Size = KeySize + (nint)Keys * Whole(shape.HeadDim);
        }

        private static int Whole(int columns) => (columns + PanelWidth - 1) / PanelWidth * PanelWidth;
    }

    /// <summary>Some key-value heads and the query heads that read them.</summary>
    private readonly struct Part(float* q, float* k, float* v, float* z, AttentionShape shape, Layout layout, float* packed, int firstHead, int headCount)
    {
        public readonly float* Q = q;
        public readonly float* K = k;
        public readonly float* V = v;
        public readonly float* Z = z;
        public readonly AttentionShape Shape = shape;
        public readonly Layout Layout = layout;
        public readonly float* Packed = packed;
        public readonly int FirstHead = firstHead;
        public readonly int HeadCount = headCount;

        public int PackChunks => HeadCount * Layout.PackChunks;

        public int TileChunks => (Shape.Queries + QueriesAtOnce - 1) / QueriesAtOnce * HeadCount * (Shape.Heads / Shape.KeyValueHeads);
    }
}
