namespace FeatureInterp.Analysis;

/// <summary>By what tokens are ordered; e is a token's embedding row, μ the centroid, g the ghost, v its direction.</summary>
public enum TokenListScore
{
    /// <summary>(1 − cos(g, e))^m / (1 − cos(μ, e)), small first: near the ghost, but not merely because the token is near everything.</summary>
    Filtered,

    /// <summary>cos(v, e), large first.</summary>
    Cosine,

    /// <summary>cos(v, e − μ), large first.</summary>
    CentredCosine,

    /// <summary>cos(v, e) after the first principal component of the embeddings is taken out of both, large first.</summary>
    ComponentRemovedCosine,
}

/// <summary>The choices of a token list.</summary>
public sealed record TokenListOptions
{
    /// <summary>By what tokens are ordered. Default <see cref="TokenListScore.Filtered"/>.</summary>
    public TokenListScore Score { get; init; }

    /// <summary>m of <see cref="TokenListScore.Filtered"/>, from 0 (excluded) up; larger lets the ghost count for more. Default 1.4, the multitool's.</summary>
    public double Exponent { get; init; } = 1.4;

    /// <summary>How many tokens to list, at least 1. Default 100.</summary>
    public int Top { get; init; } = 100;

    /// <summary>How a feature becomes a ghost; not looked at when a ghost is given.</summary>
    public GhostOptions Ghost { get; init; } = new();

    internal void Validate()
    {
        if (!Enum.IsDefined(Score))
            throw new AnalysisException($"Score is {Score}, which is none of {string.Join(", ", Enum.GetNames<TokenListScore>())}.");
        if (!(Exponent > 0 && double.IsFinite(Exponent)))
            throw new AnalysisException($"Exponent is {Exponent}; give a finite number above 0.");
        if (Top < 1)
            throw new AnalysisException($"Top is {Top}; give 1 or more.");
    }
}
