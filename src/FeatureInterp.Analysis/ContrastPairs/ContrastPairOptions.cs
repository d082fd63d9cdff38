namespace FeatureInterp.Analysis;

/// <summary>Where in each prompt the features are read.</summary>
public enum ContrastPosition
{
    /// <summary>At the prompt's last token, whatever the other prompt's length.</summary>
    LastToken,

    /// <summary>
    /// At position −1 of a batch that is padded on the right, as TransformerLens 2 pads by default: for the shorter prompt that is a
    /// padding token. Only to show what the published contrast-pair notebook, by all signs, read.
    /// </summary>
    RightPaddedMinusOne,
}

/// <summary>The choices of a contrast pair.</summary>
public sealed record ContrastPairOptions
{
    /// <summary>How many features and differences to list, at least 1. Default 10.</summary>
    public int Top { get; init; } = 10;

    /// <summary>What the first prompt is called. Default "first".</summary>
    public string FirstName { get; init; } = "first";

    /// <summary>What the second prompt is called. Default "second".</summary>
    public string SecondName { get; init; } = "second";

    /// <summary>Where the features are read. Default: at the last token.</summary>
    public ContrastPosition Position { get; init; } = ContrastPosition.LastToken;

    internal void Validate()
    {
        if (Top < 1)
            throw new AnalysisException($"Top is {Top}; give 1 or more.");
    }
}
