using System.Text.Json;

namespace FeatureInterp.Display;

/// <summary>
/// Counts in bins of equal width, drawn as bars that touch: bin i holds what lies in [start + i · width, start + (i + 1) · width).
/// Draw it in a figure of its own.
/// </summary>
public sealed record HistogramTrace : Trace
{
    private const int MaxBins = 1000;

    /// <summary>Creates a histogram from counts.</summary>
    /// <param name="name">Names the trace; may be empty.</param>
    /// <param name="start">Where the first bin starts.</param>
    /// <param name="binWidth">How wide every bin is, above zero.</param>
    /// <param name="counts">How many values each bin holds, none below zero; at most 1,000 bins.</param>
    /// <exception cref="ArgumentException">The start or the width is not finite, the width is not above zero, a count is negative, or there are too many bins.</exception>
    public HistogramTrace(string name, double start, double binWidth, IReadOnlyList<long> counts)
        : base(name)
    {
        if (!(binWidth > 0) || !Numbers.CanDraw(start) || !Numbers.CanDraw(binWidth) || !Numbers.CanDraw(start + binWidth * counts.Count))
            throw new ArgumentException($"Histogram '{name}' starts at {start} with bins of {binWidth}; give finite numbers and a width above zero.", nameof(binWidth));
        if (counts.Count > MaxBins)
            throw new ArgumentException($"Histogram '{name}' has {counts.Count} bins; give at most {MaxBins}.", nameof(counts));
        if (counts.Any(c => c < 0))
            throw new ArgumentException($"Histogram '{name}' has the count {counts.Min()}; counts are zero or more.", nameof(counts));
        Start = start;
        BinWidth = binWidth;
        Counts = [.. counts];
    }

    /// <summary>Where the first bin starts.</summary>
    public double Start { get; }

    /// <summary>How wide every bin is.</summary>
    public double BinWidth { get; }

    /// <summary>How many values each bin holds.</summary>
    public IReadOnlyList<long> Counts { get; }

    internal override Interval XRange => Counts.Count is 0 ? Interval.Empty : new(Start, Edge(Counts.Count));

    internal override Interval YRange => Counts.Count is 0 ? Interval.Empty : new(0, Counts.Max());

    internal override string Note => "";

    /// <summary>Counts the values into bins whose edges are whole multiples of the width.</summary>
    /// <param name="name">Names the trace; may be empty.</param>
    /// <param name="values">The values; those that are NaN or infinite are left out.</param>
    /// <param name="binWidth">How wide a bin is, above zero.</param>
    /// <exception cref="ArgumentException">The width is not above zero, or so small that more than 1,000 bins were needed.</exception>
    public static HistogramTrace Of(string name, IEnumerable<double> values, double binWidth)
    {
        if (!(binWidth > 0))
            throw new ArgumentException($"Histogram '{name}' has bins of {binWidth}; give a width above zero.", nameof(binWidth));
        var places = values.Where(v => Numbers.CanDraw(v)).Select(v => Math.Floor(v / binWidth)).ToList();
        if (places.Count is 0)
            return new(name, 0, binWidth, []);
        var first = places.Min();
        if (places.Max() - first >= MaxBins)
            throw new ArgumentException($"Histogram '{name}' spans more than {MaxBins} bins of {binWidth}; give wider ones.", nameof(binWidth));
        var counts = new long[(int)(places.Max() - first) + 1];
        foreach (var place in places)
            counts[(int)(place - first)]++;
        return new(name, first * binWidth, binWidth, counts);
    }

    internal override string? Conflict(Figure figure) => figure.Traces.Count is 1
        ? null
        : $"Histogram '{Name}' cannot share a figure with other traces; draw it in a figure of its own.";

    internal override void Draw(SvgWriter svg, PlotArea area, TraceStyle style)
    {
        for (var i = 0; i < Counts.Count; i++)
        {
            if (Counts[i] is 0)
                continue;
            double left = area.X.MapClamped(Edge(i)), right = area.X.MapClamped(Edge(i + 1));
            double top = area.Y.MapClamped(Counts[i]), bottom = area.Y.MapClamped(0);
            // A hairline between the bars, and a trace of the smallest.
            var gap = Math.Min(1, (right - left) / 4);
            svg.Rect(left, Math.Min(top, bottom - 1), right - left - gap, Math.Max(1, bottom - top), style.Tone, hover: $"{Bin(i)}: {Numbers.Count(Counts[i])}");
        }
    }

    internal override void WritePlotly(Utf8JsonWriter json, TraceStyle style)
    {
        json.WriteString("type", "bar");
        PlotlyJson.WriteNumbers(json, "x", Enumerable.Range(0, Counts.Count).Select(i => (Edge(i) + Edge(i + 1)) / 2));
        PlotlyJson.WriteNumbers(json, "y", Counts.Select(c => (double)c));
        json.WriteNumber("width", BinWidth);
        PlotlyJson.WriteTexts(json, "customdata", Enumerable.Range(0, Counts.Count).Select(Bin));
        json.WriteStartObject("marker");
        json.WriteString("color", style.Tone.Light);
        json.WriteEndObject();
        json.WriteString("hovertemplate", "%{customdata}: %{y}" + PlotlyJson.NameInHover);
    }

    internal override void WriteText(TextBlock text)
    {
        var name = Name.Length > 0 ? VisibleText.Line(Name) + ": " : "";
        var total = Counts.Sum();
        if (total is 0)
        {
            text.Wrapped($"{name}no data");
            return;
        }

        var fullest = Enumerable.Range(0, Counts.Count).MaxBy(i => Counts[i]);
        text.Wrapped($"{name}{Numbers.Count(total)} in {Numbers.Count(Counts.Count, "bin")} of {Numbers.Short(BinWidth)}, most in {Bin(fullest)}: {Numbers.Count(Counts[fullest])}");
        // Points so close that every column of the plot within a bin has one.
        var perBin = Math.Max(1, 240 / Counts.Count);
        ColumnPlot.Write(text, Enumerable.Range(0, Counts.Count * perBin).Select(i => (Edge(i / perBin) + BinWidth * (i % perBin) / perBin, (double)Counts[i / perBin])), XRange, fromZero: true);
    }

    private double Edge(int bin) => Start + bin * BinWidth;

    private string Bin(int i) => $"{Numbers.Short(Edge(i))} to {Numbers.Short(Edge(i + 1))}";
}
