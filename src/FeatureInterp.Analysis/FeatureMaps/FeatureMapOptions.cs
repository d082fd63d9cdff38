namespace FeatureInterp.Analysis;

/// <summary>The choices of a feature map.</summary>
public sealed record FeatureMapOptions
{
    /// <summary>The features to show, in this order; only their columns of W_enc are read. Null (the default) for the strongest.</summary>
    public IReadOnlyList<int>? Features { get; init; }

    /// <summary>How many of the strongest features to show when none are named, at least 1. Default 8.</summary>
    public int Top { get; init; } = 8;

    /// <summary>
    /// Whether tokens that are not text (the beginning of sequence and what else the tokenizer marks as special) are left out of the ranking and the pictures.
    /// Default true. Their activations are in the result all the same.
    /// </summary>
    public bool ExcludeSpecialTokens { get; init; } = true;

    internal void Validate()
    {
        if (Features is null && Top < 1)
            throw new AnalysisException($"Top is {Top}; give 1 or more.");
    }
}
