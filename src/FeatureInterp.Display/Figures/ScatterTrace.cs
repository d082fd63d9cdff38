using System.Text.Json;

namespace FeatureInterp.Display;

/// <summary>
/// Points that stand for themselves, such as tokens along two principal components. Where they are too many to be told apart, small squares show by their strength
/// how many lie in them, and hover text is on points all over the picture.
/// </summary>
public sealed record ScatterTrace : Trace
{
    // Some 150 bytes each with their hover text.
    private const int MaxPlotlyPoints = 20_000;

    // Beyond this plotly draws with WebGL, as its documentation advises.
    private const int MostSvgPoints = 2000;

    /// <summary>Creates a cloud of points.</summary>
    /// <param name="name">Names the points in the legend.</param>
    /// <param name="x">Where each lies to the right. A point that is NaN or infinite is left out and counted.</param>
    /// <param name="y">Where each lies upwards, as many as <paramref name="x"/>.</param>
    /// <param name="hoverLabels">What each point is called in hover text, as many as <paramref name="x"/>; null for its place.</param>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public ScatterTrace(string name, IReadOnlyList<double> x, IReadOnlyList<double> y, IReadOnlyList<string>? hoverLabels = null)
        : base(name)
    {
        if (x.Count != y.Count)
            throw new ArgumentException($"Points '{name}' have {x.Count} x and {y.Count} y values; give as many of each.", nameof(y));
        if (hoverLabels is not null && hoverLabels.Count != x.Count)
            throw new ArgumentException($"Points '{name}' are {x.Count} with {hoverLabels.Count} hover labels; give as many of each.", nameof(hoverLabels));
        X = [.. x];
        Y = [.. y];
        HoverLabels = hoverLabels is null ? null : [.. hoverLabels];
    }

    /// <summary>Where each point lies to the right.</summary>
    public IReadOnlyList<double> X { get; }

    /// <summary>Where each point lies upwards.</summary>
    public IReadOnlyList<double> Y { get; }

    /// <summary>What each point is called in hover text, or null.</summary>
    public IReadOnlyList<string>? HoverLabels { get; }

    internal override Interval XRange
    {
        get
        {
            // Room for half a dot at both ends.
            var range = Interval.Of(Drawable().Select(i => X[i]));
            return range.IsEmpty ? range : new(range.Min - range.Span * 0.02, range.Max + range.Span * 0.02);
        }
    }

    internal override Interval YRange => Interval.Of(Drawable().Select(i => Y[i]));

    internal override string Note => Numbers.Skipped(X.Concat(Y));

    internal override void Draw(SvgWriter svg, PlotArea area, TraceStyle style) => ScatterDrawing.Draw(this, svg, area, style);

    internal override void WritePlotly(Utf8JsonWriter json, TraceStyle style)
    {
        int[] shown = X.Count <= MaxPlotlyPoints
            ? [.. Enumerable.Range(0, X.Count)]
            : [.. Enumerable.Range(0, MaxPlotlyPoints).Select(i => (int)((long)i * X.Count / MaxPlotlyPoints))];
        json.WriteString("type", shown.Length > MostSvgPoints ? "scattergl" : "scatter");
        json.WriteString("mode", "markers");
        json.WriteStartObject("marker");
        json.WriteString("color", style.Tone.Light);
        json.WriteNumber("size", shown.Length > MostSvgPoints ? 4 : 6);
        // Where points crowd, single ones are faint and heaps are strong.
        json.WriteNumber("opacity", Math.Round(Math.Clamp(20 / Math.Sqrt(shown.Length + 1), 0.15, 0.7), 2));
        json.WriteEndObject();
        PlotlyJson.WriteNumbers(json, "x", shown.Select(i => X[i]));
        PlotlyJson.WriteNumbers(json, "y", shown.Select(i => Y[i]));
        if (HoverLabels is not null)
            PlotlyJson.WriteTexts(json, "customdata", shown.Select(i => HoverLabels[i]));
        var cut = shown.Length < X.Count ? $"<extra>%{{fullData.name}}, {Numbers.Count(shown.Length)} of {Numbers.Count(X.Count)} points</extra>" : PlotlyJson.NameInHover;
        json.WriteString("hovertemplate", (HoverLabels is null ? "" : "%{customdata}<br>") + "%{x:.4~g}, %{y:.4~g}" + cut);
    }

    internal override void WriteText(TextBlock text)
    {
        var points = Drawable().ToList();
        var name = Name.Length > 0 ? VisibleText.Line(Name) + ": " : "";
        var (x, y) = (Interval.Of(points.Select(i => X[i])), Interval.Of(points.Select(i => Y[i])));
        text.Wrapped(points.Count is 0
            ? $"{name}no data"
            : $"{name}{Numbers.Count(points.Count, "point")}, x from {Numbers.Short(x.Min)} to {Numbers.Short(x.Max)}, y from {Numbers.Short(y.Min)} to {Numbers.Short(y.Max)}");
    }

    /// <summary>The points that can be drawn, by their place in the lists.</summary>
    internal IEnumerable<int> Drawable() => Enumerable.Range(0, X.Count).Where(i => Numbers.CanDraw(X[i]) && Numbers.CanDraw(Y[i]));

    /// <summary>A point's label and place.</summary>
    internal string Hover(int i)
    {
        var place = $"{Numbers.Short(X[i])}, {Numbers.Short(Y[i])}";
        return HoverLabels is null ? place : TextLayout.Truncate(VisibleText.Line(HoverLabels[i]), 200) + " — " + place;
    }
}
