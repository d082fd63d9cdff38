using System.Globalization;
using FeatureInterp.Display;

namespace FeatureInterp.Analysis;

/// <summary>How a co-occurrence PCA is drawn.</summary>
internal static class CooccurrenceDisplay
{
    private const int TokensNamed = 5;
    private const int FeaturesNamed = 5;
    private const int ScatterHeight = 420;

    public static IDisplay Draw(CooccurrenceResult result)
    {
        var compared = result.Sets.Count > 1 ? Comparable(result).Select(p => (IDisplay)Compare(result, p.X, p.Y)).ToArray() : [];
        return new DisplayStack("Features that fire together",
        [
            new Paragraph(string.Create(CultureInfo.InvariantCulture,
                $"{result.Tokens:N0} tokens in {result.Rows:N0} rows{(result.Excluded > 0 ? $"; {result.Excluded:N0} special tokens were passed over" : "")}.{(result.IsComplete ? "" : " The pass was stopped here, before the end of the corpus.")} {result.Rule}")),
            .. compared,
            .. result.Sets.SelectMany(s => Parts(s).Prepend(new Heading($"The set '{s.Name}'"))),
            result.Provenance.ToTable(),
        ]);
    }

    public static IEnumerable<IDisplay> Parts(CooccurrenceSet set)
    {
        yield return new Paragraph(Words(set));
        if (set.Components.Count == 0)
            yield break;
        var (x, y) = set.Components.Count > 2 ? (2, 3) : (1, Math.Min(2, set.Components.Count));
        yield return x == y ? Histogram(set) : Scatter(set, x, y, CooccurrenceColor.StrongestFeature);
        yield return new Table(
            ["component", new TableColumn("variance", format: "0.000"), new TableColumn("of all", format: "0.0 %"), new TableColumn("lowest", format: "0.00"), new TableColumn("highest", format: "0.00")],
            [.. set.Components.Select((c, i) => (Cell[])[$"PC{Number(i + 1)}", c.Variance, c.Ratio, set.Points.Min(p => p.Projection[i]), set.Points.Max(p => p.Projection[i])])],
            "Explained variance");
        yield return new Table(
            ["feature", "fires on", new TableColumn("mean there", format: "0.00"), .. set.Components.Select((_, i) => new TableColumn($"PC{Number(i + 1)}", format: "+0.000;-0.000;0"))],
            [.. set.Features.Select(f => (Cell[])[f.Feature, f.Fired, f.Mean, .. f.Loadings.Select(l => (Cell)l)])],
            "Where an activation of 1 moves a token", maxRows: 40);
        for (var i = 1; i <= Math.Min(3, set.Components.Count); i++)
            yield return Extremes(set, i, 4);
    }

    public static Figure Scatter(CooccurrenceSet set, int x, int y, CooccurrenceColor color)
    {
        Check(set, x);
        Check(set, y);
        return new Figure(
            $"{set.Name}: {Of(set)}",
            [.. Groups(set, color).Select(g => Trace(g.Name, g.Points, x, y))],
            Axis(set, x), Axis(set, y), height: ScatterHeight);
    }

    public static Figure Compare(CooccurrenceResult result, int x, int y)
    {
        CooccurrenceSet[] having = [.. result.Sets.Where(s => s.Components.Count >= Math.Max(x, y))];
        if (having.Length == 0 || x < 1 || y < 1)
            throw new AnalysisException($"No set has the components {x} and {y}; the sets have {string.Join(", ", result.Sets.Select(s => $"{s.Components.Count} ('{s.Name}')"))}.");
        return new Figure(
            "The sets beside each other, on one scale",
            [.. having.Select(s => Trace($"{s.Name} ({Of(s)})", s.Points, x, y))],
            new Axis($"component {Number(x)} of each set"), new Axis($"component {Number(y)}"), Arrangement.Stacked);
    }

    public static TokenContexts Extremes(CooccurrenceSet set, int component, int count)
    {
        Check(set, component);
        var ordered = set.Points.OrderBy(p => p.Projection[component - 1]).ToArray();
        // Without a token at both ends.
        var (low, high) = (Math.Min(count, (ordered.Length + 1) / 2), Math.Min(count, ordered.Length / 2));
        return new TokenContexts(
            [.. ordered.Take(low).Concat(ordered.TakeLast(high)).Select(p => Line(p, component))],
            $"The ends of component {Number(component)}{(set.IsSample ? " among the tokens kept" : "")}", maxLines: Math.Max(1, low + high));
    }

    private static Figure Histogram(CooccurrenceSet set)
    {
        var (low, high) = (set.Points.Min(p => p.Projection[0]), set.Points.Max(p => p.Projection[0]));
        return new Figure($"{set.Name}: {Of(set)}", [HistogramTrace.Of("", set.Points.Select(p => p.Projection[0]), high > low ? (high - low) / 40 : 1)], Axis(set, 1), new Axis("tokens"));
    }

    private static TokenContext Line(CooccurrencePoint p, int component)
    {
        var values = new float[p.TokenTexts.Count];
        values[p.Focus] = (float)p.Projection[component - 1];
        return new TokenContext(
            p.Projection[component - 1].ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture), p.TokenTexts, p.Focus, values,
            string.Create(CultureInfo.InvariantCulture, $"row {p.Row}, position {p.Position}; {Fired(p)}"));
    }

    private static ScatterTrace Trace(string name, IReadOnlyList<CooccurrencePoint> points, int x, int y) => new(
        name, [.. points.Select(p => p.Projection[x - 1])], [.. points.Select(p => p.Projection[y - 1])], [.. points.Select(p => $"{p.Context} ({Fired(p)})")]);

    private static IEnumerable<(string Name, IReadOnlyList<CooccurrencePoint> Points)> Groups(CooccurrenceSet set, CooccurrenceColor color) => color switch
    {
        CooccurrenceColor.StrongestFeature => Named(set.Points.GroupBy(p => p.Strongest).Select(g => (Number(g.Key), g.ToArray())), "feature ", FeaturesNamed, "other features"),
        CooccurrenceColor.Token => Named(set.Points.GroupBy(p => p.Token, StringComparer.Ordinal).Select(g => ($"'{g.Key}'", g.ToArray())), "", TokensNamed, "other tokens"),
        _ => [(set.Name, set.Points)],
    };

    // The largest groups by name; the rest as one, drawn first so that it does not cover them.
    private static IEnumerable<(string, IReadOnlyList<CooccurrencePoint>)> Named(IEnumerable<(string Name, CooccurrencePoint[] Points)> groups, string before, int most, string rest)
    {
        var ordered = groups.OrderByDescending(g => g.Points.Length).ThenBy(g => g.Name, StringComparer.Ordinal).ToArray();
        var others = ordered.Skip(most).SelectMany(g => g.Points).ToArray();
        return
        [
            .. others.Length > 0 ? ((string, IReadOnlyList<CooccurrencePoint>)[])[(rest, others)] : [],
            .. ordered.Take(most).Select(g => (before + g.Name, (IReadOnlyList<CooccurrencePoint>)g.Points)),
        ];
    }

    private static IEnumerable<(int X, int Y)> Comparable(CooccurrenceResult result)
    {
        var most = result.Sets.Max(s => s.Components.Count);
        return most > 2 ? [(2, 3)] : most == 2 ? [(1, 2)] : [];
    }

    private static string Words(CooccurrenceSet set)
    {
        var features = $"{set.Features.Count} feature{(set.Features.Count == 1 ? "" : "s")}: {string.Join(", ", set.Features.Take(20).Select(f => Number(f.Feature)))}{(set.Features.Count > 20 ? ", …" : "")}. ";
        if (set.Fired == 0)
            return features + "None of them fires on any token of this corpus, so there is nothing to take apart.";
        var sample = set.IsSample ? string.Create(CultureInfo.InvariantCulture, $" Drawn are {set.Points.Count:N0} of them, a uniform sample; all numbers but the ends of the components are those of all.") : "";
        var fired = string.Create(CultureInfo.InvariantCulture, $"Any fires on {set.Fired:N0} token{(set.Fired == 1 ? "" : "s")}.{sample}");
        return features + fired + (set.Components.Count > 0 ? "" : set.Fired == 1 ? " One token has no spread." : " Their vectors are all the same, so there is no direction in which they vary.");
    }

    private static void Check(CooccurrenceSet set, int component)
    {
        if (component < 1 || component > set.Components.Count)
            throw new AnalysisException($"The set '{set.Name}' has no component {component}; it has {set.Components.Count}, counted from 1.");
    }

    private static Axis Axis(CooccurrenceSet set, int component) =>
        new(string.Create(CultureInfo.InvariantCulture, $"component {component} ({set.Components[component - 1].Ratio:0.0 %} of the variance)"));

    private static string Of(CooccurrenceSet set) => string.Create(CultureInfo.InvariantCulture, $"{(set.IsSample ? $"{set.Points.Count:N0} of " : "")}{set.Fired:N0} tokens");

    private static string Fired(CooccurrencePoint p) => string.Join(", ", p.Fired.OrderByDescending(f => Math.Abs(f.Value)).Take(4).Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Feature}: {f.Value:0.##}")));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
