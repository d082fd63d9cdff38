using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>One block's arrays under the field's names; what an architecture does not have is null.</summary>
internal sealed class BlockWeights
{
    private readonly Lazy<FoldedBiases> _withNormFolded;
    private readonly Lazy<FoldedBiases> _withNormApart;

    public BlockWeights()
    {
        _withNormFolded = new Lazy<FoldedBiases>(() => FoldValueBiases(foldLn: true));
        _withNormApart = new Lazy<FoldedBiases>(() => FoldValueBiases(foldLn: false));
    }

    /// <summary>The norm before attention.</summary>
    public required NormWeights Ln1 { get; init; }

    /// <summary>The norm of what attention writes.</summary>
    public NormWeights? Ln1Post { get; init; }

    /// <summary>The norm before the MLP.</summary>
    public required NormWeights Ln2 { get; init; }

    /// <summary>The norm of what the MLP writes.</summary>
    public NormWeights? Ln2Post { get; init; }

    /// <summary>Queries, keys and values in one matrix, where the file has them so; Q, K and V then are parts of it.</summary>
    public LinearMap? Qkv { get; init; }

    /// <summary>W_Q, [d_model, head · d_head].</summary>
    public required LinearMap Q { get; init; }

    /// <summary>W_K, [d_model, kv_head · d_head].</summary>
    public required LinearMap K { get; init; }

    /// <summary>W_V, [d_model, kv_head · d_head].</summary>
    public required LinearMap V { get; init; }

    /// <summary>W_O, [head · d_head, d_model].</summary>
    public required LinearMap O { get; init; }

    /// <summary>The norm of each head's queries.</summary>
    public NormWeights? QNorm { get; init; }

    /// <summary>The norm of each head's keys.</summary>
    public NormWeights? KNorm { get; init; }

    /// <summary>W_gate, [d_model, d_mlp].</summary>
    public LinearMap? Gate { get; init; }

    /// <summary>W_in, [d_model, d_mlp]: the linear half of a gated MLP.</summary>
    public required LinearMap In { get; init; }

    /// <summary>W_out, [d_mlp, d_model].</summary>
    public required LinearMap Out { get; init; }

    /// <summary>The width of a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>What folding the value biases into b_O comes to; computed at its first use.</summary>
    /// <param name="foldLn">Whether the norm's bias, through W_V, counts as part of b_V.</param>
    public FoldedBiases Folded(bool foldLn) => foldLn ? _withNormFolded.Value : _withNormApart.Value;

    private FoldedBiases FoldValueBiases(bool foldLn)
    {
        if (V.Bias is null && (Ln1.Bias is null || !foldLn))
            return new FoldedBiases(null, O.Bias);
        var values = V.Bias?.Clone() ?? Tensor.Zeros(V.Outputs);
        if (foldLn && Ln1.Bias is { } shift)
            V.Apply(shift.Span, values.Span);

        // Query heads in turn share one key/value head.
        var (heads, sharing) = (Tensor.Uninitialized(O.Inputs), O.Inputs / V.Outputs);
        for (var head = 0; head < O.Inputs / HeadDim; head++)
            values.Span.Slice(head / sharing * HeadDim, HeadDim).CopyTo(heads.Span[(head * HeadDim)..]);
        var output = Tensor.Uninitialized(O.Outputs);
        O.Apply(heads.Span, output.Span);
        return new FoldedBiases(values, output);
    }
}

/// <summary>Value biases as part of the output bias: a pattern sums to one, so they reach the output whatever a head looks at.</summary>
/// <param name="Values">What each value is without, [kv_head · d_head]; null for nothing.</param>
/// <param name="Output">b_O + Values·W_O, [d_model]; null without any bias.</param>
internal sealed record FoldedBiases(Tensor? Values, Tensor? Output);

/// <summary>A model's arrays.</summary>
/// <param name="Embed">W_E, [d_vocab, d_model].</param>
/// <param name="Positions">W_pos, [n_ctx, d_model], where positions are learned.</param>
/// <param name="Unembed">W_U, [d_model, d_vocab].</param>
/// <param name="Final">The norm before the unembedding.</param>
/// <param name="Blocks">The blocks.</param>
internal sealed record ModelWeights(Weight Embed, Weight? Positions, LinearMap Unembed, NormWeights Final, IReadOnlyList<BlockWeights> Blocks);
