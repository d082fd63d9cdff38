namespace FeatureInterp.Analysis;

/// <summary>How a feature becomes a ghost token; see <see cref="GhostToken"/>.</summary>
public sealed record GhostOptions
{
    /// <summary>
    /// The share a of the encoder in v = normalise((1 − a)·d̂ + a·ê), 0 to 1, d̂ being the feature's row of W_dec and ê its column of W_enc, both of length 1.
    /// Default 0: the decoder alone; 1: the encoder alone.
    /// </summary>
    public double EncoderShare { get; init; }

    /// <summary>Whether the ghost starts from the centroid of all embeddings, rather than from zero. Default true.</summary>
    public bool FromCentroid { get; init; } = true;

    /// <summary>How far it lies from there. Default null: as far as a token does on average (3.8 in Gemma-2B).</summary>
    public double? Scale { get; init; }

    /// <summary>
    /// The weights wₖ of the embeddings' principal components in (1 − Σ wₖ)·v + Σ wₖ·PCₖ, which is not made length 1 again. Default none. A component's sign is a
    /// convention, so a negative weight is as good as a positive one.
    /// </summary>
    public IReadOnlyList<double> ComponentWeights { get; init; } = [];

    internal void Validate()
    {
        if (!(EncoderShare is >= 0 and <= 1))
            throw new AnalysisException($"EncoderShare is {EncoderShare}; give 0 (the decoder) to 1 (the encoder).");
        if (Scale is { } scale && !(double.IsFinite(scale) && scale != 0))
            throw new AnalysisException($"Scale is {scale}; give a finite number that is not zero.");
        if (ComponentWeights.Any(w => !double.IsFinite(w)))
            throw new AnalysisException("A weight of a principal component is not finite.");
    }
}
