namespace FeatureInterp.Display;

/// <summary>
/// A chart: axes and traces, independent of how it is shown. The same model gives SVG, plotly figure JSON and plain text.
/// </summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record Figure : IDisplay, ISvgSource
{
    /// <summary>Creates a figure.</summary>
    /// <param name="title">Shown above the chart; may be empty.</param>
    /// <param name="traces">What is drawn. All bar traces of a figure must lie the same way and have equally many bars.</param>
    /// <param name="xAxis">The horizontal axis; null for an unnamed axis that fits the data.</param>
    /// <param name="yAxis">The vertical axis; null for an unnamed axis that fits the data.</param>
    /// <param name="arrangement">Whether the traces share one pair of axes.</param>
    /// <param name="height">The height in pixels of one pair of axes without named rows, 60 to 2,000; null for the usual.</param>
    /// <exception cref="ArgumentException">An axis range is empty or not finite, or the traces cannot share axes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The height is below 60 or above 2,000.</exception>
    public Figure(string title, IReadOnlyList<Trace> traces, Axis? xAxis = null, Axis? yAxis = null, Arrangement arrangement = Arrangement.Overlaid, int? height = null)
    {
        if (height is < 60 or > 2000)
            throw new ArgumentOutOfRangeException(nameof(height), height, "A figure is 60 to 2,000 pixels high.");
        Height = height;
        Title = title;
        Traces = [.. traces];
        XAxis = Checked(xAxis ?? new Axis(), nameof(xAxis));
        YAxis = Checked(yAxis ?? new Axis(), nameof(yAxis));
        Arrangement = arrangement;
        if (Traces.Select(t => t.Conflict(this)).FirstOrDefault(c => c is not null) is { } conflict)
            throw new ArgumentException(conflict, nameof(traces));
    }

    /// <summary>Shown above the chart; may be empty.</summary>
    public string Title { get; }

    /// <summary>What is drawn, in order; later traces lie on top.</summary>
    public IReadOnlyList<Trace> Traces { get; }

    /// <summary>The horizontal axis.</summary>
    public Axis XAxis { get; }

    /// <summary>The vertical axis.</summary>
    public Axis YAxis { get; }

    /// <summary>Whether the traces share one pair of axes.</summary>
    public Arrangement Arrangement { get; }

    /// <summary>The height in pixels of one pair of axes, or null for the usual.</summary>
    public int? Height { get; }

    /// <inheritdoc/>
    public string ToSvg() => ((ISvgSource)this).LayOut(SvgDrawing.MaxWidth).ToDocument(VisibleText.Line(Title.Length > 0 ? Title : "chart"));

    /// <inheritdoc/>
    public string ToText(int width = 100) => FigureText.Write(this, width);

    /// <inheritdoc/>
    public string ToHtml() => "<div>" + ToSvg() + "</div>";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ToMimeBundle() => MimeBundle.OfPicture(this);

    /// <summary>
    /// The figure as plotly reads it: <c>{"data":[…],"layout":{…}}</c>, valid for plotly.js 3.x. Sparse data stays sparse.
    /// What cannot be drawn (NaN, infinities) becomes a gap.
    /// </summary>
    public string ToPlotlyJson() => FigurePlotly.Write(this);

    SvgDrawing ISvgSource.LayOut(double maxWidth) => FigureSvg.LayOut(this, maxWidth);

    private static Axis Checked(Axis axis, string name)
    {
        if (axis.Minimum is { } min && !Numbers.CanDraw(min) || axis.Maximum is { } max && !Numbers.CanDraw(max))
            throw new ArgumentException($"The range of the axis runs from {axis.Minimum} to {axis.Maximum}; give finite numbers or null.", name);
        if (axis.Minimum >= axis.Maximum)
            throw new ArgumentException($"The range of the axis runs from {axis.Minimum} to {axis.Maximum}; the minimum must be below the maximum.", name);
        return axis;
    }
}
