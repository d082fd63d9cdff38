using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>What happens to an entry of the accumulated residual stream at the model's end when the last norm is applied.</summary>
public enum FinalNormForm
{
    /// <summary>Each entry goes through <c>ln_final</c> by itself, with its own statistics and with gain and bias where they are not folded: TransformerLens 3. The default: it is what the model would make of that entry (the logit lens).</summary>
    Afresh,

    /// <summary>Each entry is centred (layer norms) and divided by the scale of the whole stream, as in the layers before: TransformerLens 2.</summary>
    CachedScale,
}

/// <summary>The choices made when a residual stream is taken.</summary>
public sealed record ResidualStreamOptions
{
    /// <summary>
    /// The weight processing the model is run with. Default null: the model's own if it has any, else <see cref="WeightProcessing.Standard"/>,
    /// as TransformerLens's <c>from_pretrained</c> has it. Without folding, logit attributions leave out gains and biases.
    /// </summary>
    public WeightProcessing? Processing { get; init; }

    /// <summary>The most bytes a stack may take; a larger one is refused before it is computed. Default 2 GiB.</summary>
    public long MaxStackBytes { get; init; } = 1L << 31;

    internal void Validate()
    {
        if (MaxStackBytes < 1)
            throw new AnalysisException($"MaxStackBytes is {MaxStackBytes}; give a number of bytes above zero.");
    }
}
