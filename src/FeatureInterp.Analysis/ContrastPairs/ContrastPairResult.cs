using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>One feature in two prompts.</summary>
/// <param name="Feature">The feature.</param>
/// <param name="First">Its activation in the first prompt.</param>
/// <param name="Second">Its activation in the second prompt.</param>
public readonly record struct FeatureDifference(int Feature, float First, float Second)
{
    /// <summary>Second − first.</summary>
    public float Difference => Second - First;
}

/// <summary>What a contrast pair shows. Draws itself as a chart over all features, bars of the largest differences, and tables.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record ContrastPairResult : IHasDisplay
{
    /// <summary>The first prompt.</summary>
    public required PromptFeatures First { get; init; }

    /// <summary>The second prompt.</summary>
    public required PromptFeatures Second { get; init; }

    /// <summary>Where the features were read.</summary>
    public required ContrastPosition Position { get; init; }

    /// <summary>How many differences are listed.</summary>
    public required int Top { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>Second − first for every feature, [d_sae].</summary>
    public IReadOnlyList<float> Difference => [.. Second.Features.Zip(First.Features, (s, f) => s - f)];

    /// <summary>The features that differ most, by absolute value; of equal ones the smaller index first.</summary>
    public IReadOnlyList<FeatureDifference> TopDifferences => [.. All().OrderByDescending(d => Math.Abs(d.Difference)).Take(Top)];

    /// <summary>The features that are stronger in the second prompt, largest difference first.</summary>
    public IReadOnlyList<FeatureDifference> StrongerInSecond => [.. All().Where(d => d.Difference > 0).OrderByDescending(d => d.Difference).Take(Top)];

    /// <summary>The features that are stronger in the first prompt, largest difference first.</summary>
    public IReadOnlyList<FeatureDifference> StrongerInFirst => [.. All().Where(d => d.Difference < 0).OrderBy(d => d.Difference).Take(Top)];

    /// <summary>The same pair the other way round: first − second.</summary>
    public ContrastPairResult Reverse() => this with { First = Second, Second = First };

    /// <inheritdoc/>
    public IDisplay ToDisplay() => ContrastPairDisplay.Draw(this);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();

    private IEnumerable<FeatureDifference> All() =>
        Enumerable.Range(0, First.Features.Count).Select(f => new FeatureDifference(f, First.Features[f], Second.Features[f])).Where(d => d.Difference != 0);
}
