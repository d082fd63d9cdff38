using FeatureInterp.Display;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>What an evaluation found. Draws itself as tables of the metrics and a histogram of how often features fire.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record SaeEvaluationResult : IHasDisplay
{
    /// <summary>The numbers.</summary>
    public required SaeMetrics Metrics { get; init; }

    /// <summary>The choices they were made with.</summary>
    public required SaeEvaluationOptions Options { get; init; }

    /// <summary>What was evaluated on: a file's name, <c>text</c> or <c>tokens</c>.</summary>
    public required string Text { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>How many features fire how often, on a logarithmic axis; dead features are counted in its title.</summary>
    public Figure DensityHistogram => FeatureChart.Densities("How often features fire", Metrics.Features.Density);

    /// <inheritdoc/>
    public IDisplay ToDisplay() => SaeEvaluationDisplay.Draw(this);

    /// <summary>Metrics, densities and provenance as JSON; the metrics under SAELens's names.</summary>
    public string ToJson() => SaeEvaluationJson.Write(this);

    /// <summary>The result as text, worth reading in a terminal.</summary>
    public override string ToString() => ToDisplay().ToText();
}
