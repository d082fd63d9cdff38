using System.Globalization;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>How the largest activations are drawn.</summary>
internal static class TopActivationsDisplay
{
    private const int FeaturesShown = 8;
    private const int HistogramHeight = 150;

    public static IDisplay Draw(TopActivationsResult result)
    {
        var words = string.Create(CultureInfo.InvariantCulture, $"{result.Tokens:N0} tokens in {Count(result.Rows, "row")}") + (result.Excluded > 0
            ? string.Create(CultureInfo.InvariantCulture, $"; {result.Excluded:N0} special tokens were passed over.") : ".")
            + (result.IsComplete ? "" : " The pass was stopped here, before the end of the corpus.");
        return result.Every
            ? new DisplayStack("The largest activations of every feature",
            [
                new Paragraph(words + string.Create(CultureInfo.InvariantCulture, $" On a token {result.L0:0.#} features fire.") + " Index the result with a feature to see its examples."),
                result.DensityFigure(),
                result.Provenance.ToTable(),
            ])
            : new DisplayStack("The largest activations",
            [
                new Paragraph(words),
                .. result.Features.Take(FeaturesShown).SelectMany(Parts),
                .. result.Features.Count > FeaturesShown ? (IDisplay[])[new Paragraph($"… {Count(result.Features.Count - FeaturesShown, "more feature")}")] : [],
                result.Provenance.ToTable(),
            ]);
    }

    public static IDisplay Draw(FeatureActivations feature) => new DisplayStack("", [.. Parts(feature)]);

    public static TokenContexts Contexts(FeatureActivations feature, int count) => new([.. feature.Examples.Take(count).Select(e => new TokenContext(
        e.Value.ToString("0.00", CultureInfo.InvariantCulture), e.TokenTexts, e.Position - e.Start, e.Values, $"row {e.Row}, position {e.Position}"))], maxLines: Math.Max(1, count));

    public static Figure Histogram(FeatureActivations feature) => new(
        "", [new HistogramTrace("", 0, feature.Histogram.BinWidth > 0 ? feature.Histogram.BinWidth : 1, feature.Histogram.Counts)],
        new Axis($"activation of feature {Number(feature)}, where it fires"), new Axis("tokens"), height: HistogramHeight);

    private static IEnumerable<IDisplay> Parts(FeatureActivations feature)
    {
        yield return new Heading($"Feature {Number(feature)}");
        if (feature.Fired == 0)
        {
            yield return new Paragraph("It never fired.");
            yield break;
        }

        yield return new Paragraph(string.Create(CultureInfo.InvariantCulture,
            $"Fires on {feature.Density:0.### %} of tokens ({feature.Fired:N0} of {feature.Tokens:N0}), at most {feature.Max:0.##}. Its largest activations:"));
        yield return feature.Contexts();
        yield return Histogram(feature);
    }

    private static string Number(FeatureActivations feature) => feature.Feature.ToString(CultureInfo.InvariantCulture);

    private static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");
}
