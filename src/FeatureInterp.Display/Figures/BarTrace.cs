using System.Text.Json;

namespace FeatureInterp.Display;

/// <summary>One bar per label, from zero to its value. Several bar traces in a figure stand side by side in each position.</summary>
public sealed record BarTrace : Trace
{
    private const int MaxShown = 200;

    /// <summary>Creates bars.</summary>
    /// <param name="name">Names the trace in the legend; may be empty.</param>
    /// <param name="labels">One label per bar; labels may repeat.</param>
    /// <param name="values">As many as <paramref name="labels"/>. A value that is NaN or infinite leaves its place empty.</param>
    /// <param name="horizontal">True: bars run sideways, the first on top, with room for long labels.</param>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public BarTrace(string name, IReadOnlyList<string> labels, IReadOnlyList<double> values, bool horizontal = false)
        : base(name)
    {
        if (labels.Count != values.Count)
            throw new ArgumentException($"Bars '{name}' have {labels.Count} labels and {values.Count} values; give as many of each.", nameof(values));
        Labels = [.. labels];
        Values = [.. values];
        Horizontal = horizontal;
    }

    /// <summary>One label per bar.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>One value per bar.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>True when bars run sideways.</summary>
    public bool Horizontal { get; }

    internal override Interval XRange => Horizontal ? ValueRange : Positions;

    internal override Interval YRange => Horizontal ? Positions : ValueRange;

    internal override IReadOnlyList<string>? XCategories => Horizontal ? null : [.. Labels.Take(Shown)];

    internal override IReadOnlyList<string>? YCategories => Horizontal ? [.. Labels.Take(Shown)] : null;

    internal override string Note => string.Join("; ", ((string[])
    [
        Shown < Labels.Count ? $"the first {Shown} of {Numbers.Count(Labels.Count)} bars" : "",
        Numbers.Skipped(Values),
    ]).Where(part => part.Length > 0));

    internal int Shown => Math.Min(Labels.Count, MaxShown);

    private Interval Positions => Labels.Count is 0 ? Interval.Empty : new(-0.5, Shown - 0.5);

    private Interval ValueRange => Labels.Count is 0 ? Interval.Empty : Values.Aggregate(new Interval(0, 0), (range, value) => range.With(value));

    internal override string? Conflict(Figure figure)
    {
        var other = figure.Traces.OfType<BarTrace>().FirstOrDefault(t => t.Horizontal != Horizontal || t.Labels.Count != Labels.Count);
        if (other is not null)
            return $"Bars '{Name}' ({Labels.Count}) and '{other.Name}' ({other.Labels.Count}) cannot share axes; give them the same direction and as many bars, or draw two figures.";
        return Horizontal && figure.Arrangement is Arrangement.Stacked
            ? $"Horizontal bars '{Name}' cannot be stacked in rows; use Arrangement.Overlaid."
            : null;
    }

    internal override void Draw(SvgWriter svg, PlotArea area, TraceStyle style)
    {
        var (along, across) = Horizontal ? (area.X, area.Y) : (area.Y, area.X);
        var slot = Math.Abs(across.Map(1) - across.Map(0));
        var thickness = Math.Min(slot * 0.72 / style.Peers, 26);
        var signed = Values.Any(v => v < 0);
        var spelled = Spelled();
        var zero = along.MapClamped(0);
        for (var i = 0; i < Shown; i++)
        {
            if (!Numbers.CanDraw(Values[i]))
                continue;
            var middle = across.Map(i) + (style.Peer - (style.Peers - 1) / 2.0) * thickness;
            var end = along.MapClamped(Values[i]);
            var tone = !style.Alone || !signed ? style.Tone : Values[i] < 0 ? Palette.Below : Palette.Above;
            var hover = $"{VisibleText.Label(Labels[i])}: {spelled[i]}";
            var (start, length) = (Math.Min(zero, end), Math.Abs(end - zero));
            if (Horizontal)
            {
                svg.Rect(start, middle - thickness / 2, length, thickness, tone, hover: hover);
                var right = Values[i] >= 0;
                svg.Text(end + (right ? 5 : -5), middle + 4, spelled[i], TextStyle.Note with { Tone = Palette.Ink, Anchor = right ? Anchor.Start : Anchor.End });
            }
            else
            {
                svg.Rect(middle - thickness / 2, start, thickness, length, tone, hover: hover);
                if (thickness >= 24)
                    svg.Text(middle, Values[i] >= 0 ? end - 4 : end + 12, spelled[i], TextStyle.Note with { Tone = Palette.Ink, Anchor = Anchor.Middle });
            }
        }
    }

    internal override void WritePlotly(Utf8JsonWriter json, TraceStyle style)
    {
        // Positions are numbers and the labels are axis ticks: plotly would merge bars whose category is the same text.
        var (along, across) = Horizontal ? ("x", "y") : ("y", "x");
        json.WriteString("type", "bar");
        json.WriteString("orientation", Horizontal ? "h" : "v");
        PlotlyJson.WriteNumbers(json, along, Values);
        PlotlyJson.WriteNumbers(json, across, Enumerable.Range(0, Values.Count).Select(i => (double)i));
        PlotlyJson.WriteTexts(json, "customdata", Labels);
        json.WriteStartObject("marker");
        json.WritePropertyName("color");
        if (style.Alone && Values.Any(v => v < 0))
        {
            json.WriteStartArray();
            foreach (var value in Values)
                json.WriteStringValue((value < 0 ? Palette.Below : Palette.Above).Light);
            json.WriteEndArray();
        }
        else
        {
            json.WriteStringValue(style.Tone.Light);
        }

        json.WriteEndObject();
        json.WriteString("hovertemplate", $"%{{customdata}}: %{{{along}:.4~g}}" + PlotlyJson.NameInHover);
    }

    internal override void WriteText(TextBlock text) => BarText.Write(this, text);

    /// <summary>The values as they are written beside the bars, with a sign as soon as one is below zero.</summary>
    internal IReadOnlyList<string> Spelled() => Numbers.Column([.. Values.Take(Shown)], Values.Any(v => v < 0));
}
