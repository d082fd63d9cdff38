using FeatureInterp.Display;
using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>How activation patching is drawn.</summary>
internal static class ActivationPatchingDisplay
{
    public static IDisplay Draw(ActivationPatchingResult result, int headsShown)
    {
        var isScaled = result.CleanValue != result.CorruptedValue;
        var values = isScaled ? result.Normalized() : result.Values;
        var columns = result.Positions.Count > 0 ? result.TokenTexts : [.. result.Heads.Select(h => $"head {h}")];
        var labels = result.Axes == PatchAxes.LayerHeadPosition
            ? [.. result.Layers.SelectMany(l => result.Heads.Select(h => $"L{l}H{h}"))]
            : (IReadOnlyList<string>)[.. result.Layers.Select(l => $"layer {l}")];
        var rows = labels.Select((label, r) => (Label: label, Order: r, Values: (IReadOnlyList<double>)[.. values.Span.Slice(r * columns.Count, columns.Count).ToArray().Select(v => (double)v)])).ToList();
        var cut = rows.Count > headsShown && result.Axes == PatchAxes.LayerHeadPosition;
        if (cut)
            rows = [.. rows.OrderByDescending(r => r.Values.Max(Math.Abs)).Take(headsShown).OrderBy(r => r.Order)];
        var title = cut ? $"The {headsShown} heads of {labels.Count} with the largest effect" : "";
        return new DisplayStack(
            $"Activation patching of {new HookPoint(result.Site).ToString().Replace("blocks.0.", "", StringComparison.Ordinal)}",
            new Paragraph($"{result.Metric}: {result.CorruptedValue:0.####} corrupted, {result.CleanValue:0.####} clean. " +
                (isScaled ? "0 is the corrupted run, 1 the clean one." : "Both are the same, so the values are shown as they are.")),
            new Figure(
                title, [new HeatMapTrace("restored", columns, [.. rows.Select(r => r.Label)], [.. rows.Select(r => r.Values)])],
                new Axis(result.Positions.Count > 0 ? "token of the corrupted prompt" : "head")),
            result.Provenance.ToTable());
    }
}
