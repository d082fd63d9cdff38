using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>The choices of an attribution.</summary>
public sealed record AttributionOptions
{
    /// <summary>
    /// Whether what each SAE fails to reconstruct is added back as a constant, so that the model's numbers are its own. Default true; false as if the
    /// SAEs' reconstructions were all there is.
    /// </summary>
    public bool ErrorTerm { get; init; } = true;

    /// <summary>
    /// Integrated gradients: at how many points of the straight way from <see cref="Baseline"/> to the features the gradient is taken, in the middle of as
    /// many equal parts. Null (the default) for the gradient at the features themselves. 1 to 10,000.
    /// </summary>
    public int? Steps { get; init; }

    /// <summary>Where the way begins, [pos, d_sae]; null (the default) for zeros, all features switched off. Only with <see cref="Steps"/>.</summary>
    public Tensor? Baseline { get; init; }

    /// <summary>How many features the pictures show, 1 to 100. Default 20. The result has all.</summary>
    public int Top { get; init; } = 20;

    internal void Validate(int saes)
    {
        if (Steps is < 1 or > 10_000)
            throw new AnalysisException($"Steps is {Steps}; give 1 to 10,000, or null for the gradient at the features themselves.");
        if (Steps is not null && saes > 1)
            throw new AnalysisException($"Integrated gradients follow the features of one SAE while all else is as it is, but {saes} SAEs were given; attribute to one at a time.");
        if (Baseline is not null && Steps is null)
            throw new AnalysisException("A baseline is where integrated gradients begin; give Steps too, such as 32.");
        if (Top is < 1 or > 100)
            throw new AnalysisException($"Top is {Top}; give 1 to 100.");
    }
}
