namespace FeatureInterp.Analysis;

/// <summary>The choices of a logit lens.</summary>
public sealed record LogitLensOptions
{
    /// <summary>Tokens to follow through the layers, as ids or as texts that are one token. Default null: the model's own answer at the last position.</summary>
    public IReadOnlyList<TokenChoice>? Tokens { get; init; }

    /// <summary>How many tokens are kept at each layer and position, 1 to 1,000. Default 5.</summary>
    public int Top { get; init; } = 5;

    /// <summary>The positions. Default: all.</summary>
    public PositionSlice Positions { get; init; } = PositionSlice.All;

    /// <summary>Whether the stream between attention and MLP is read too. Default false.</summary>
    public bool InclMid { get; init; }

    internal void Validate()
    {
        if (Top is < 1 or > 1000)
            throw new AnalysisException($"Top is {Top}; give 1 to 1,000.");
        if (Tokens is { Count: 0 })
            throw new AnalysisException("Tokens is empty; give at least one token to follow, or leave it out.");
    }
}
