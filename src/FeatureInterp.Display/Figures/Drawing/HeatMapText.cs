namespace FeatureInterp.Display;

/// <summary>
/// A heat map in a terminal: one character a cell, shaded by its share of the largest value, <c>░▒▓█</c> above zero and <c>·-=#</c> below; then the
/// largest cells in words.
/// </summary>
internal static class HeatMapText
{
    private const string Above = " ░▒▓█";
    private const string Below = " ·-=#";
    private const int Largest = 8;

    public static void Write(HeatMapTrace trace, TextBlock text)
    {
        var strongest = trace.Strongest;
        var name = trace.Name.Length > 0 ? VisibleText.Line(trace.Name) + ": " : "";
        if (trace.ShownRows is 0 || trace.ShownColumns is 0)
        {
            text.Wrapped($"{name}no data");
            return;
        }

        text.Wrapped($"{name}{Numbers.Count(trace.ShownRows, "row")} of {Numbers.Count(trace.ShownColumns, "column")}, █ is {Numbers.Short(strongest)}, # is {Numbers.Short(-strongest)}");
        var labels = trace.Rows.Take(trace.ShownRows).Select(VisibleText.Label).ToList();
        var gutter = Math.Min(labels.Max(CellWidth.Of), Math.Max(4, text.Width * 2 / 5));
        var columns = Math.Min(trace.ShownColumns, text.Width - gutter - 2);
        for (var r = 0; r < trace.ShownRows; r++)
        {
            var cells = new string([.. trace.Values[r].Take(columns).Select(v => Shade(v, strongest))]);
            text.Line(TextLayout.PadLeft(TextLayout.Truncate(labels[r], gutter), gutter) + " │" + cells);
        }

        if (columns < trace.ShownColumns)
            text.Wrapped($"… {Numbers.Count(trace.ShownColumns - columns, "more column")}");
        var all = Enumerable.Range(0, trace.ShownRows).SelectMany(r => Enumerable.Range(0, trace.ShownColumns).Select(c => (Row: r, Column: c, Value: trace.Values[r][c])));
        var largest = all.Where(c => Numbers.CanDraw(c.Value) && c.Value is not 0).OrderByDescending(c => Math.Abs(c.Value)).Take(Largest).ToList();
        if (largest.Count > 0)
            text.Items(largest.Select(c => $"{trace.Place(c.Row, c.Column)}: {Numbers.Short(c.Value)}"), "largest  ");
    }

    private static char Shade(double value, double strongest)
    {
        if (!Numbers.CanDraw(value))
            return '?';
        if (value is 0)
            return ' ';
        // Any value other than zero leaves a trace.
        var level = Math.Max(1, (int)Math.Round(Math.Abs(value) / strongest * 4));
        return (value < 0 ? Below : Above)[level];
    }
}
