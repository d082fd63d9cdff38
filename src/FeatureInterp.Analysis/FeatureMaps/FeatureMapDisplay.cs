using System.Globalization;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>How a feature map is drawn.</summary>
internal static class FeatureMapDisplay
{
    // More columns than this are too narrow for their tokens; then the coloured text serves better.
    private const int WidestMap = 100;
    private const int Strips = 3;

    public static IDisplay Draw(FeatureMapResult map)
    {
        var isMap = map.Features.Count > 0 && Kept(map).Count() <= WidestMap;
        return new DisplayStack("Features over the tokens of a text",
        [
            new Paragraph(Words(map)),
            .. isMap ? (IDisplay[])[HeatMap(map)] : map.Features.Take(Strips).Select(f => (IDisplay)Strip(map, f.Feature)),
            map.Provenance.ToTable(),
        ]);
    }

    public static Figure HeatMap(FeatureMapResult map)
    {
        int[] kept = [.. Kept(map)];
        return new Figure(
            map.Chosen ? "The chosen features" : "The strongest features",
            [new HeatMapTrace("activation", [.. kept.Select(t => map.TokenTexts[t])], [.. map.Features.Select(Name)],
                [.. map.Features.Select(f => (IReadOnlyList<double>)[.. kept.Select(t => (double)f.Values[t])])])],
            new Axis("token"));
    }

    public static TokenStrip Strip(FeatureMapResult map, int feature)
    {
        int[] kept = [.. Kept(map)];
        var values = map[feature];
        return new TokenStrip([.. kept.Select(t => map.TokenTexts[t])], [.. kept.Select(t => values[t])], title: $"feature {feature.ToString(CultureInfo.InvariantCulture)}");
    }

    private static IEnumerable<int> Kept(FeatureMapResult map) => Enumerable.Range(0, map.Tokens.Count).Where(t => !map.Excluded[t]);

    private static string Name(FeatureTrack f) => $"feature {f.Feature.ToString(CultureInfo.InvariantCulture)}";

    private static string Words(FeatureMapResult map)
    {
        var left = map.Excluded.Count(e => e);
        var without = left == 0 ? "" : $" {left} of them {(left == 1 ? "is" : "are")} not text ({string.Join(", ", Enumerable.Range(0, map.Tokens.Count).Where(t => map.Excluded[t]).Select(t => map.TokenTexts[t]).Distinct(StringComparer.Ordinal).Take(5))}) and left out.";
        var found = map.Features.Count == 0 ? " No feature fires."
            : map.Chosen ? "" : " The features are those with the largest activation at any token.";
        return $"{map.Tokens.Count} tokens.{without}{found}";
    }
}
