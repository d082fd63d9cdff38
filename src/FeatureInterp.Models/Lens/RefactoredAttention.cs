using System.Collections;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// TransformerLens's <c>refactor_factored_attn_matrices</c>, after all other processing, head by head: with b_V already a part of b_O,
/// W_V·W_O = U·S·Vᵀ is split as W_V = U·S and W_O = Vᵀ; W_Q·W_Kᵀ, the biases appended to each as one more input row, is split as
/// W_Q = U·√S and W_K = V·√S. Scores and outputs stay as they are. It needs fp32 copies of a block's attention matrices, which are made when the
/// block is first run.
/// </summary>
internal static class RefactoredAttention
{
    /// <summary>The arrays in force under some processing: those of the checkpoint, or refactored ones.</summary>
    /// <param name="checkpoint">The checkpoint's arrays.</param>
    /// <param name="processing">The processing.</param>
    /// <param name="model">The model's name, for the message.</param>
    /// <exception cref="HookException">Queries and keys are rotated.</exception>
    public static ModelWeights InForce(ModelWeights checkpoint, WeightProcessing processing, string model)
    {
        if (!processing.RefactorFactoredAttnMatrices)
            return checkpoint;
        if (checkpoint.Positions is null)
            throw new HookException($"refactor_factored_attn_matrices cannot be used with {model}: its queries and keys are rotated by their position between W_Q and W_K, so W_Q·W_Kᵀ is not what scores are made of; leave RefactorFactoredAttnMatrices off.");
        processing = processing with { CenterWritingWeights = processing.CenterWritingWeights && checkpoint.Final.Bias is not null };
        return checkpoint with { Blocks = new LazyBlocks(checkpoint.Blocks, block => Refactor(block, processing)) };
    }

    private static BlockWeights Refactor(BlockWeights block, WeightProcessing processing)
    {
        var lens = new LensBlockWeights(block, processing);
        Tensor q = lens.W_Q(), k = lens.W_K(), v = lens.W_V();                      // [head, d_model, d_head]
        var (o, output) = (lens.W_O(), lens.b_O());                                 // [head, d_head, d_model], [d_model]
        Tensor qBias = lens.b_Q(), kBias = lens.b_K(), vBias = lens.b_V();          // [head, d_head]
        for (var h = 0; h < q.Shape[0]; h++)
        {
            TensorPrimitives.Add(output.Span, DenseMath.Multiply(vBias.Rows(h, 1), o[h]).Span, output.Span);
            var scores = FactoredMatrix.OfTransposed(WithRow(q[h], qBias.Row(h)), WithRow(k[h], kBias.Row(h))).MakeEven();
            TakeApart(scores.A, q[h], qBias.Row(h));
            TakeApart(DenseMath.Transpose(scores.B), k[h], kBias.Row(h));
            var (u, s, vectors) = new FactoredMatrix(v[h], o[h]).DoubleSvd();
            Fill(v[h], DenseMath.ToTensor(DenseMath.ScaleColumns(u, s)));
            Fill(o[h], DenseMath.ToTensor(vectors.Transpose()));
        }

        return new BlockWeights
        {
            HeadDim = block.HeadDim,
            Ln1 = processing.FoldLn ? Bare(block.Ln1) : block.Ln1,
            Q = Reading("W_Q", q, qBias),
            K = Reading("W_K", k, kBias),
            V = Reading("W_V", v, null),
            O = new LinearMap(Weight.FromFloats("W_O", o.Span, o.Shape[0] * o.Shape[1], o.Shape[2]), output, inputFirst: true),
            Ln2 = block.Ln2,
            Gate = block.Gate,
            In = block.In,
            Out = block.Out,
        };
    }

    private static Tensor WithRow(Tensor matrix, ReadOnlySpan<float> row)
    {
        var longer = Tensor.Uninitialized(matrix.Shape[0] + 1, matrix.Shape[1]);
        matrix.Span.CopyTo(longer.Span);
        row.CopyTo(longer.Row(matrix.Shape[0]));
        return longer;
    }

    private static void TakeApart(Tensor joined, Tensor matrix, Span<float> row)
    {
        Fill(matrix, joined.Rows(0, matrix.Shape[0]));
        row.Clear();
        joined.Row(matrix.Shape[0]).CopyTo(row);
    }

    // A head wider than the model has fewer singular values than d_head; the rest stays zero.
    private static void Fill(Tensor whole, Tensor part)
    {
        whole.Span.Clear();
        for (var i = 0; i < part.Shape[0]; i++)
            part.Row(i).CopyTo(whole.Row(i));
    }

    // [head, d_model, d_head] → [d_model, head · d_head]
    private static LinearMap Reading(string name, Tensor heads, Tensor? bias)
    {
        int count = heads.Shape[0], model = heads.Shape[1], width = heads.Shape[2];
        var joined = Tensor.Uninitialized(model, count * width);
        for (var h = 0; h < count; h++)
        {
            for (var i = 0; i < model; i++)
                heads[h].Row(i).CopyTo(joined.Row(i)[(h * width)..]);
        }

        return new LinearMap(Weight.FromFloats(name, joined.Span, model, count * width), bias?.Reshape(count * width), inputFirst: true);
    }

    // Gain and bias are in the matrices already.
    private static NormWeights Bare(NormWeights norm)
    {
        var ones = Tensor.Uninitialized(norm.Gain.Length);
        ones.Span.Fill(1);
        return new NormWeights(ones, norm.Bias is null ? null : Tensor.Zeros(norm.Gain.Length), norm.Eps);
    }

    private sealed class LazyBlocks(IReadOnlyList<BlockWeights> blocks, Func<BlockWeights, BlockWeights> change) : IReadOnlyList<BlockWeights>
    {
        private readonly Lazy<BlockWeights>[] _changed = [.. blocks.Select(b => new Lazy<BlockWeights>(() => change(b)))];

        public int Count => _changed.Length;

        public BlockWeights this[int index] => _changed[index].Value;

        public IEnumerator<BlockWeights> GetEnumerator() => _changed.Select(b => b.Value).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
