using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>One block's arrays under the field's names; what an architecture does not have is null.</summary>
internal sealed class BlockWeights
{
    private readonly Lazy<Tensor?> _outputBiasWithValues;

    public BlockWeights() => _outputBiasWithValues = new Lazy<Tensor?>(FoldValueBias);

    /// <summary>The norm before attention.</summary>
    public required NormWeights Ln1 { get; init; }

    /// <summary>The norm of what attention writes.</summary>
    public NormWeights? Ln1Post { get; init; }

    /// <summary>The norm before the MLP.</summary>
    public required NormWeights Ln2 { get; init; }

    /// <summary>The norm of what the MLP writes.</summary>
    public NormWeights? Ln2Post { get; init; }

    /// <summary>Queries, keys and values in one matrix, where the file has them so; it has no bias, its parts have theirs.</summary>
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

    /// <summary>b_O + b_V·W_O, what attention adds whatever it looks at, since a pattern sums to one; null without any bias.</summary>
    public Tensor? OutputBiasWithValues => _outputBiasWithValues.Value;

    private Tensor? FoldValueBias()
    {
        if (V.Bias is not { } values)
            return O.Bias;
        // Query heads in turn share one key/value head.
        var (heads, perHead) = (Tensor.Uninitialized(O.Inputs), O.Inputs / V.Outputs);
        var width = HeadDim;
        for (var head = 0; head < O.Inputs / width; head++)
            values.Span.Slice(head / perHead * width, width).CopyTo(heads.Span[(head * width)..]);
        var bias = Tensor.Uninitialized(O.Outputs);
        O.Apply(heads.Span, bias.Span);
        return bias;
    }

    /// <summary>The width of a head.</summary>
    public required int HeadDim { get; init; }
}

/// <summary>A model's arrays.</summary>
/// <param name="Embed">W_E, [d_vocab, d_model].</param>
/// <param name="Positions">W_pos, [n_ctx, d_model], where positions are learned.</param>
/// <param name="Unembed">W_U, [d_model, d_vocab].</param>
/// <param name="Final">The norm before the unembedding.</param>
/// <param name="Blocks">The blocks.</param>
internal sealed record ModelWeights(Weight Embed, Weight? Positions, LinearMap Unembed, NormWeights Final, IReadOnlyList<BlockWeights> Blocks);
