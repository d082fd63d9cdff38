using FeatureInterp.Display;
using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>How much each feature of one or several SAEs adds to a metric of a prompt. Draws itself as ranked bars and a map of features over tokens.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record AttributionResult : IHasDisplay
{
    /// <summary>The token ids, as they were run, [pos].</summary>
    public required IReadOnlyList<int> Tokens { get; init; }

    /// <summary>The tokens' texts, [pos].</summary>
    public required IReadOnlyList<string> TokenTexts { get; init; }

    /// <summary>What is attributed.</summary>
    public required LogitMetric Metric { get; init; }

    /// <summary>The metric, with the SAEs in place: with the error term the model's own, without it what the reconstructions give.</summary>
    public required double Value { get; init; }

    /// <summary>The metric with the features at the baseline, for integrated gradients; null for plain gradients.</summary>
    public required double? BaselineValue { get; init; }

    /// <summary>The choices.</summary>
    public required AttributionOptions Options { get; init; }

    /// <summary>The attributions, an entry an SAE, in the order given.</summary>
    public required IReadOnlyList<SaeAttribution> Saes { get; init; }

    /// <summary>
    /// How far integrated gradients are from complete: their sum less (value − value at the baseline), which is 0 but for the number of steps and rounding.
    /// Null for plain gradients, which promise nothing of the kind.
    /// </summary>
    public double? Gap => BaselineValue is { } baseline ? Saes[0].Total - (Value - baseline) : null;

    /// <summary>The features of one SAE with the largest attributions, as bars.</summary>
    /// <param name="sae">Which of <see cref="Saes"/>.</param>
    public Figure Bars(int sae = 0) => AttributionDisplay.Bars(this, Saes[sae]);

    /// <summary>The same features over the tokens.</summary>
    /// <param name="sae">Which of <see cref="Saes"/>.</param>
    public Figure HeatMap(int sae = 0) => AttributionDisplay.HeatMap(this, Saes[sae]);

    /// <inheritdoc/>
    public IDisplay ToDisplay() => AttributionDisplay.Draw(this);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
