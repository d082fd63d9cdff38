namespace FeatureInterp.Display;

/// <summary>
/// A small plot of block characters, a few lines high: the highest value of each column above the zero line, the lowest below,
/// on one scale.
/// </summary>
internal static class ColumnPlot
{
    private const int Rows = 6;
    private const int WidestPlot = 120;
    private const string Eighths = "▁▂▃▄▅▆▇█";

    /// <param name="text">Where to.</param>
    /// <param name="points">What can be drawn; not empty.</param>
    /// <param name="xRange">The x values of the first and the last column.</param>
    /// <param name="fromZero">True: columns start at zero; false: at the lowest value, as for a curve.</param>
    public static void Write(TextBlock text, IEnumerable<(double X, double Y)> points, Interval xRange, bool fromZero)
    {
        var data = points.ToList();
        var range = Interval.Of(data.Select(p => p.Y));
        if (fromZero)
            range = range.With(0);
        var zero = fromZero ? 0 : range.Min;
        var (top, bottom) = (Numbers.Short(range.Max), Numbers.Short(range.Min));
        var gutter = Math.Max(top.Length, bottom.Length);
        var columns = Math.Min(WidestPlot, text.Width - gutter - 2);
        if (columns < 4 || !(range.Span > 0))
            return;

        var highest = new double[columns];
        var lowest = new double[columns];
        foreach (var (x, y) in data)
        {
            var column = Math.Clamp((int)((x - xRange.Min) / xRange.Span * (columns - 1) + 0.5), 0, columns - 1);
            highest[column] = Math.Max(highest[column], (y - zero) / range.Span);
            lowest[column] = Math.Min(lowest[column], (y - zero) / range.Span);
        }

        var down = range.Min < zero ? Math.Clamp((int)Math.Round(Rows * (zero - range.Min) / range.Span), 1, Rows) : 0;
        var up = range.Max > zero ? Math.Max(1, Rows - down) : 0;
        // Both sides use the same height per unit; the side that was rounded up to a whole line leaves some of it empty.
        var perUnit = Math.Min(up is 0 ? double.MaxValue : up * range.Span / (range.Max - zero), down is 0 ? double.MaxValue : down * range.Span / (zero - range.Min));
        for (var row = up - 1; row >= 0; row--)
            text.Line(Gutter(row == up - 1 ? top : "", gutter) + new string([.. highest.Select(v => Up(v * perUnit - row, row is 0 && v > 0))]));
        for (var row = 0; row < down; row++)
            text.Line(Gutter(row == down - 1 ? bottom : "", gutter) + new string([.. lowest.Select(v => Down(-v * perUnit - row, row is 0 && v < 0))]));
        var (first, last) = (Numbers.Short(xRange.Min), Numbers.Short(xRange.Max));
        text.Line(new string(' ', gutter + 1) + "└" + first + TextLayout.PadLeft(last, columns - first.Length));
    }

    private static string Gutter(string label, int cells) => TextLayout.PadLeft(label, cells) + " │";

    private static char Up(double lines, bool visible)
    {
        var eighths = (int)Math.Round(Math.Clamp(lines, 0, 1) * 8);
        return eighths is 0 ? visible ? Eighths[0] : ' ' : Eighths[eighths - 1];
    }

    // Unicode has no lower-eighths-removed blocks; halves must do.
    private static char Down(double lines, bool visible) => Math.Round(Math.Clamp(lines, 0, 1) * 2) switch
    {
        0 => visible ? '▔' : ' ',
        1 => '▀',
        _ => '█',
    };
}
