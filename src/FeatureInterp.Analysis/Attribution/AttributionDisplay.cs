using System.Globalization;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>How an attribution is drawn.</summary>
internal static class AttributionDisplay
{
    // More columns than this are too narrow for their tokens: those with the largest attributions stay.
    private const int MostColumns = 60;

    public static IDisplay Draw(AttributionResult result) => new DisplayStack(
        $"Attribution of the {result.Metric}",
        [
            new Paragraph(Words(result)),
            .. result.Saes.SelectMany(s => Parts(result, s)),
            .. result.Saes.Select(s => (IDisplay)s.Provenance.ToTable()),
        ]);

    public static Figure Bars(AttributionResult result, SaeAttribution sae)
    {
        var top = Top(result, sae);
        return new Figure(
            $"The features of {sae.Hook} with the largest attributions",
            [new BarTrace("attribution", [.. top.Select(Name)], [.. top.Select(f => f.Attribution)], horizontal: true)],
            new Axis($"adds to the {result.Metric}"));
    }

    public static Figure HeatMap(AttributionResult result, SaeAttribution sae)
    {
        var top = Top(result, sae);
        var rows = top.Select(f => sae.Positions(f.Feature)).ToArray();
        int[] shown = [.. Enumerable.Range(0, result.Tokens.Count)
            .OrderByDescending(t => rows.Length == 0 ? 0 : rows.Max(r => Math.Abs(r[t]))).ThenBy(t => t).Take(MostColumns).Order()];
        var cut = shown.Length < result.Tokens.Count ? string.Create(CultureInfo.InvariantCulture, $", at the {shown.Length} of {result.Tokens.Count} tokens where they are largest") : "";
        return new Figure(
            "Attribution over the tokens" + cut,
            [new HeatMapTrace("attribution", [.. shown.Select(t => result.TokenTexts[t])], [.. top.Select(Name)],
                [.. rows.Select(r => (IReadOnlyList<double>)[.. shown.Select(t => r[t])])])],
            new Axis("token"));
    }

    private static IEnumerable<IDisplay> Parts(AttributionResult result, SaeAttribution sae)
    {
        if (result.Saes.Count > 1)
            yield return new Heading($"{sae.Sae} at {sae.Hook}");
        if (sae.Features.Count == 0)
        {
            yield return new Paragraph("No feature fires.");
            yield break;
        }

        yield return new Paragraph(string.Create(CultureInfo.InvariantCulture,
            $"{sae.Features.Count} features fire; their attributions sum up to {sae.Total:0.####}") + (result.Options.ErrorTerm
            ? string.Create(CultureInfo.InvariantCulture, $", that of the SAE's error to {sae.ErrorTotal:0.####}.") : "."));
        yield return Bars(result, sae);
        yield return HeatMap(result, sae);
        yield return new Table(
            ["feature", new TableColumn("attribution", format: "+0.0000;-0.0000;0"), "fires on", new TableColumn("largest activation", format: "0.000")],
            [.. Top(result, sae).Select(f => (Cell[])[f.Feature, f.Attribution, f.Tokens, f.MaxActivation])]);
    }

    private static string Words(AttributionResult result)
    {
        var what = result.Options.Steps is { } steps
            ? string.Create(CultureInfo.InvariantCulture, $"Integrated gradients in {steps} steps from {(result.Options.Baseline is null ? "no features" : "the given features")}, where the metric is {result.BaselineValue:0.####}; the sum misses the difference by {result.Gap:0.#####}.")
            : "Activation times gradient: what each feature adds to first order, all else as it is. Where the model bends, ablating a feature does something else; AttributionCheck measures it.";
        var error = result.Options.ErrorTerm ? "The SAE's error is added back as a constant." : "The reconstruction stands alone: the metric is not the model's own.";
        return string.Create(CultureInfo.InvariantCulture, $"The metric is {result.Value:0.####}. {what} {error}");
    }

    private static FeatureTotal[] Top(AttributionResult result, SaeAttribution sae) => [.. sae.Features.Take(result.Options.Top)];

    private static string Name(FeatureTotal f) => $"feature {f.Feature.ToString(CultureInfo.InvariantCulture)}";
}
