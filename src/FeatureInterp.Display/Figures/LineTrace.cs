using System.Text;
using System.Text.Json;

namespace FeatureInterp.Display;

/// <summary>Points joined by straight lines, for curves: a loss over steps, a probability over strengths.</summary>
public sealed record LineTrace : Trace
{
    /// <summary>Creates a line.</summary>
    /// <param name="name">Names the line in the legend.</param>
    /// <param name="x">Positions, in drawing order. A point that is NaN or infinite breaks the line.</param>
    /// <param name="y">Values, as many as <paramref name="x"/>.</param>
    /// <param name="hoverLabels">What each point is called in hover text, as many as <paramref name="x"/>; null for its x value.</param>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public LineTrace(string name, IReadOnlyList<double> x, IReadOnlyList<double> y, IReadOnlyList<string>? hoverLabels = null)
        : base(name)
    {
        if (x.Count != y.Count)
            throw new ArgumentException($"Line '{name}' has {x.Count} x and {y.Count} y values; give as many of each.", nameof(y));
        if (hoverLabels is not null && hoverLabels.Count != x.Count)
            throw new ArgumentException($"Line '{name}' has {x.Count} points and {hoverLabels.Count} hover labels; give as many of each.", nameof(hoverLabels));
        X = [.. x];
        Y = [.. y];
        HoverLabels = hoverLabels is null ? null : [.. hoverLabels];
    }

    /// <summary>Positions, in drawing order.</summary>
    public IReadOnlyList<double> X { get; }

    /// <summary>Values at <see cref="X"/>.</summary>
    public IReadOnlyList<double> Y { get; }

    /// <summary>What each point is called in hover text, or null.</summary>
    public IReadOnlyList<string>? HoverLabels { get; }

    internal override Interval XRange => Interval.Of(Drawable().Select(i => X[i]));

    internal override Interval YRange => Interval.Of(Drawable().Select(i => Y[i]));

    internal override string Note => Numbers.Skipped(X.Concat(Y));

    internal override void Draw(SvgWriter svg, PlotArea area, TraceStyle style)
    {
        svg.OpenStroke(style.Tone, 1.5);
        if (Name.Length > 0)
            svg.Hover(VisibleText.Line(Name));
        svg.Path(PathData(area, style));
        svg.Close();
        var points = Drawable().ToList();
        if (points.Count > style.MaxHovers)
            return;
        svg.OpenFill(style.Tone);
        foreach (var i in points)
            svg.Circle(area.X.Map(X[i]), area.Y.Map(Y[i]), 2.5, Hover(i));
        svg.Close();
    }

    internal override void WritePlotly(Utf8JsonWriter json, TraceStyle style)
    {
        json.WriteString("type", "scatter");
        json.WriteString("mode", X.Count > style.MaxHovers ? "lines" : "lines+markers");
        json.WriteStartObject("line");
        json.WriteString("color", style.Tone.Light);
        json.WriteEndObject();
        PlotlyJson.WriteNumbers(json, "x", X);
        PlotlyJson.WriteNumbers(json, "y", Y);
        if (HoverLabels is not null)
            PlotlyJson.WriteTexts(json, "customdata", HoverLabels);
        var what = HoverLabels is null ? "%{x}" : "%{customdata}";
        json.WriteString("hovertemplate", what + ": %{y:.4~g}" + PlotlyJson.NameInHover);
    }

    internal override void WriteText(TextBlock text)
    {
        var points = Drawable().ToList();
        var name = Name.Length > 0 ? VisibleText.Line(Name) + ": " : "";
        if (points.Count is 0)
        {
            text.Wrapped($"{name}no data");
            return;
        }

        var low = points.MinBy(i => Y[i]);
        var high = points.MaxBy(i => Y[i]);
        text.Wrapped($"{name}{Numbers.Count(points.Count, "point")}, min {Numbers.Short(Y[low])} at {Place(low)}, " +
            $"max {Numbers.Short(Y[high])} at {Place(high)}, first {Numbers.Short(Y[points[0]])}, last {Numbers.Short(Y[points[^1]])}");
        ColumnPlot.Write(text, points.Select(i => (X[i], Y[i])), XRange.ForAxis(), fromZero: false);
    }

    private IEnumerable<int> Drawable() => Enumerable.Range(0, X.Count).Where(i => Numbers.CanDraw(X[i]) && Numbers.CanDraw(Y[i]));

    private string Place(int i) => HoverLabels is null ? Numbers.Short(X[i]) : VisibleText.Label(HoverLabels[i]);

    private string Hover(int i) => $"{Place(i)}: {Numbers.Short(Y[i])}";

    /// <summary>
    /// The line as path data. Runs of points that fall on one pixel column keep their first, lowest, highest and last, which
    /// looks the same and bounds the size.
    /// </summary>
    private string PathData(PlotArea area, TraceStyle style)
    {
        var columnsPerPixel = Math.Min(1, style.MaxMarks / 4 / area.Width);
        var path = new StringBuilder();
        var run = new List<int>();
        var column = double.NaN;
        var pen = 'M';
        for (var i = 0; i < X.Count; i++)
        {
            if (!Numbers.CanDraw(X[i]) || !Numbers.CanDraw(Y[i]))
            {
                Flush();
                pen = 'M';
                continue;
            }

            var here = Math.Floor((area.X.Map(X[i]) - area.Left) * columnsPerPixel);
            if (run.Count > 0 && here != column)
                Flush();
            column = here;
            run.Add(i);
        }

        Flush();
        return path.ToString();

        void Flush()
        {
            IEnumerable<int> kept = run.Count <= 4 ? run : new SortedSet<int> { run[0], run.MinBy(i => Y[i]), run.MaxBy(i => Y[i]), run[^1] };
            foreach (var i in kept)
            {
                path.Append(pen).Append(Numbers.Pixel(area.X.Map(X[i]))).Append(' ').Append(Numbers.Pixel(area.Y.Map(Y[i])));
                pen = 'L';
            }

            run.Clear();
        }
    }
}
