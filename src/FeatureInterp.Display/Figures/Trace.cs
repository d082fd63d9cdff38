using System.Text.Json;

namespace FeatureInterp.Display;

/// <summary>
/// One series of data in a <see cref="Figure"/>. Each kind is one sealed record that knows its own SVG, plotly and text
/// form; nothing else asks what kind it is.
/// </summary>
public abstract record Trace
{
    private protected Trace(string name) => Name = name;

    /// <summary>Names the trace in the legend and in hover text; may be empty.</summary>
    public string Name { get; }

    /// <summary>The x values that must be visible.</summary>
    internal abstract Interval XRange { get; }

    /// <summary>The y values that must be visible.</summary>
    internal abstract Interval YRange { get; }

    /// <summary>Names of the positions on the x axis, if the trace brings some.</summary>
    internal virtual IReadOnlyList<string>? XCategories => null;

    /// <summary>Names of the positions on the y axis, if the trace brings some.</summary>
    internal virtual IReadOnlyList<string>? YCategories => null;

    /// <summary>What was left out of the drawing, such as "skipped 2 NaN"; empty when nothing was.</summary>
    internal abstract string Note { get; }

    /// <summary>True when nothing in the trace can be drawn.</summary>
    internal bool IsEmpty => XRange.IsEmpty || YRange.IsEmpty;

    /// <summary>Why the trace cannot share the figure's axes with its other traces, or null when it can.</summary>
    internal virtual string? Conflict(Figure figure) => null;

    internal abstract void Draw(SvgWriter svg, PlotArea area, TraceStyle style);

    /// <summary>Writes the properties of one entry of plotly's <c>data</c>; the braces, name and axes are written by the figure.</summary>
    internal abstract void WritePlotly(Utf8JsonWriter json, TraceStyle style);

    internal abstract void WriteText(TextBlock text);
}
