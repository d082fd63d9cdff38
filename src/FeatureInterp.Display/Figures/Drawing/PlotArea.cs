namespace FeatureInterp.Display;

/// <summary>
/// The rectangle that traces are drawn on, with its two scales, in pixels. y runs upwards, or down (<paramref name="YDown"/>)
/// where it counts named rows, the first of which belongs on top.
/// </summary>
internal sealed record PlotArea(double Left, double Top, double Width, double Height, Interval XRange, Interval YRange, bool YDown = false)
{
    public double Right => Left + Width;

    public double Bottom => Top + Height;

    /// <summary>Ticks of a y axis of that height.</summary>
    public static IReadOnlyList<(double Value, string Label)> YTicks(Interval range, double height) => Scale.Ticks(range, Math.Max(2, (int)(height / 34)));

    public Scale X { get; } = new(XRange, Left, Left + Width);

    public Scale Y { get; } = YDown ? new(YRange, Top, Top + Height) : new(YRange, Top + Height, Top);
}

/// <summary>What a trace may use: its colour, its place among traces of its kind, and its share of the figure's budget of bytes.</summary>
/// <param name="Tone">The colour of the trace.</param>
/// <param name="Peer">Its place among the traces of its kind, from 0.</param>
/// <param name="Peers">How many traces of its kind the figure has.</param>
/// <param name="MaxMarks">How many lines or points it may draw.</param>
/// <param name="MaxHovers">How many of them may carry hover text.</param>
/// <param name="Labels">Where labels already stand on the same axes.</param>
/// <param name="Alone">True when the figure has no other trace, so that colour may carry the sign instead of the name.</param>
internal sealed record TraceStyle(Tone Tone, int Peer, int Peers, int MaxMarks, int MaxHovers, LabelBoard Labels, bool Alone)
{
    // Chosen so that a figure stays below 150 kB however long its data: about 18 bytes a mark, 270 a hover.
    private const int MarksOfFigure = 2100;
    private const int HoversOfFigure = 240;

    public static TraceStyle For(Figure figure, int index, LabelBoard labels)
    {
        var trace = figure.Traces[index];
        var count = figure.Traces.Count;
        var peers = figure.Traces.Where(t => t.GetType() == trace.GetType()).ToList();
        return new(Palette.OfSeries(index), peers.FindIndex(t => ReferenceEquals(t, trace)), peers.Count,
            Math.Max(50, MarksOfFigure / count), Math.Max(10, HoversOfFigure / count), labels, count is 1);
    }
}
