using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>Chooses features of one row.</summary>
/// <param name="pre">The row's pre-activations, [d_sae].</param>
/// <param name="features">Receives the chosen features, ascending; has room for all.</param>
/// <returns>How many were chosen.</returns>
internal delegate int RowSelector(ReadOnlySpan<float> pre, Span<int> features);

/// <summary>
/// Multiplies a batch with the encoder a block of rows at a time and keeps of each row only what is chosen: the matrix of all pre-activations, which
/// for a wide SAE is larger than all its weights, is never whole.
/// </summary>
internal sealed class FeatureCollector(int dSae)
{
    // A block's pre-activations, in values (8 MB), and the rows that a thread takes at a time.
    private const int BlockValues = 1 << 21;
    private const int ChunkRows = 16;

    private readonly int _blockRows = Math.Max(ChunkRows, BlockValues / dSae);
    private Tensor? _pre;
    private Chunk[][] _chunks = [];

    /// <summary>(x·W + bias) · scale, and of it what each selector chooses.</summary>
    /// <param name="x">The input, [row, d_in].</param>
    /// <param name="encoder">W, [d_sae, d_in].</param>
    /// <param name="bias">[d_sae].</param>
    /// <param name="scale">[d_sae]; null for ones.</param>
    /// <param name="selectors">What is wanted, each as a batch of its own.</param>
    public SparseBatch[] Collect(Tensor x, Weight encoder, Tensor bias, float[]? scale, params RowSelector[] selectors)
    {
        int rows = x.Shape[0], dIn = x.Shape[1], chunks = (rows + ChunkRows - 1) / ChunkRows;
        Prepare(rows, chunks, selectors.Length);
        for (var first = 0; first < rows; first += _blockRows)
        {
            var count = Math.Min(_blockRows, rows - first);
            var block = _pre!.Rows(0, count);
            Kernels.Linear(x.Span.Slice(first * dIn, count * dIn), encoder, block.Span);
            var firstChunk = first / ChunkRows;
            Workers.Run((count + ChunkRows - 1) / ChunkRows, chunk =>
            {
                var from = chunk * ChunkRows;
                Select(block, from, Math.Min(count, from + ChunkRows), bias, scale, selectors, firstChunk + chunk);
            });
        }

        return [.. Enumerable.Range(0, selectors.Length).Select(s => Join(_chunks[s].AsSpan(0, chunks), rows))];
    }

    private void Prepare(int rows, int chunks, int selectors)
    {
        if (_pre is null || _pre.Shape[0] < Math.Min(rows, _blockRows))
            _pre = Tensor.Uninitialized(Math.Min(rows, _blockRows), dSae);
        if (_chunks.Length < selectors || _chunks[0].Length < chunks)
            _chunks = [.. Enumerable.Range(0, Math.Max(selectors, _chunks.Length)).Select(_ => Enumerable.Range(0, chunks).Select(_ => new Chunk()).ToArray())];
    }

    private void Select(Tensor block, int from, int to, Tensor bias, float[]? scale, RowSelector[] selectors, int at)
    {
        var features = new int[dSae];
        foreach (var lists in _chunks.AsSpan(0, selectors.Length))
            lists[at].Clear();
        for (var r = from; r < to; r++)
        {
            var pre = block.Row(r);
            if (scale is null)
                TensorPrimitives.Add(pre, bias.Span, pre);
            else
                TensorPrimitives.AddMultiply(pre, bias.Span, scale, pre);
            for (var s = 0; s < selectors.Length; s++)
                _chunks[s][at].Add(pre, features.AsSpan(0, selectors[s](pre, features)));
        }
    }

    private SparseBatch Join(ReadOnlySpan<Chunk> chunks, int rows)
    {
        var count = 0;
        foreach (var chunk in chunks)
            count = checked(count + chunk.Features.Count);
        var (starts, features, values) = (new int[rows + 1], new int[count], new float[count]);
        var (row, at) = (0, 0);
        foreach (var chunk in chunks)
        {
            chunk.Features.CopyTo(features, at);
            chunk.Values.CopyTo(values, at);
            foreach (var end in chunk.Ends)
                starts[++row] = at + end;
            at += chunk.Features.Count;
        }

        return new SparseBatch(starts, features, values, dSae);
    }

    // What one thread found in a few rows.
    private sealed class Chunk
    {
        public List<int> Features { get; } = [];

        public List<float> Values { get; } = [];

        public List<int> Ends { get; } = [];

        public void Clear()
        {
            Features.Clear();
            Values.Clear();
            Ends.Clear();
        }

        public void Add(ReadOnlySpan<float> pre, ReadOnlySpan<int> features)
        {
            Features.AddRange(features);
            foreach (var feature in features)
                Values.Add(pre[feature]);
            Ends.Add(Features.Count);
        }
    }
}
