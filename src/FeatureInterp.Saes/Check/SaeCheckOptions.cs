namespace FeatureInterp.Saes;

/// <summary>The choices of a check; the defaults suit nearly every pair.</summary>
public sealed record SaeCheckOptions
{
    /// <summary>
    /// The token ids to try it on, a list a text, as they will be run; null for the texts in <c>data/prompts/fit-check.json</c>, which
    /// need a tokenizer. Default null.
    /// </summary>
    public IReadOnlyList<int[]>? Tokens { get; init; }

    /// <summary>Whether those texts begin with the beginning-of-sequence token; null for as the model's prompts do. Default null.</summary>
    public bool? PrependBos { get; init; }

    /// <summary>What is known of the SAE; null for what its own files say. Default null.</summary>
    public SaeExpectation? Expected { get; init; }

    /// <summary>
    /// Whether to measure how much of the loss is recovered, which takes whole runs of the model; null for only on models below about
    /// 500 million parameters. Default null.
    /// </summary>
    public bool? MeasureLoss { get; init; }
}
