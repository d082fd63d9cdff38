namespace FeatureInterp.Saes;

/// <summary>What an SAE's files say of its training.</summary>
public sealed record SaeOrigin
{
    /// <summary>The model it was trained on.</summary>
    public string? ModelName { get; init; }

    /// <summary>Whether its training texts began with the beginning-of-sequence token.</summary>
    public bool PrependBos { get; init; } = true;

    /// <summary>The number of tokens in a row of its training texts.</summary>
    public int? ContextSize { get; init; }

    /// <summary>The texts it was trained on.</summary>
    public string? Dataset { get; init; }

    /// <summary>Its name on Neuronpedia, such as <c>gpt2-small/7-res-jb</c>.</summary>
    public string? NeuronpediaId { get; init; }

    /// <summary>
    /// A normalisation that belongs folded into the weights but is still named in the configuration, such as
    /// <c>expected_average_only_in</c>; null for none. Like SAELens, encoding ignores it.
    /// </summary>
    public string? UnfoldedNormalization { get; init; }

    /// <summary>Features that fire on a token on average, where published.</summary>
    public double? L0 { get; init; }

    /// <summary>The explained variance, where published, 0 to 1.</summary>
    public double? VarianceExplained { get; init; }

    /// <summary>Fields of the configuration that are not known here, as they stand there.</summary>
    public IReadOnlyDictionary<string, string> OtherFields { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
