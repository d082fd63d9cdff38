namespace FeatureInterp.Display;

/// <summary>
/// Bars in a terminal: label, bar, value. Bars below zero run to the left, in a lighter pattern, from a common zero; values
/// carry their sign.
/// </summary>
internal static class BarText
{
    private const int WidestField = 60;

    public static void Write(BarTrace trace, TextBlock text)
    {
        if (trace.Name.Length > 0)
            text.Wrapped(VisibleText.Line(trace.Name));
        if (trace.Shown is 0)
        {
            text.Line("no data");
            return;
        }

        var shown = Enumerable.Range(0, trace.Shown).ToList();
        var labels = shown.Select(i => VisibleText.Label(trace.Labels[i])).ToList();
        var numbers = trace.Spelled();
        var labelCells = Math.Min(labels.Max(CellWidth.Of), Math.Max(4, text.Width * 2 / 5));
        var numberCells = numbers.Max(CellWidth.Of);
        var field = Math.Clamp(text.Width - labelCells - numberCells - 3, 1, WidestField);
        var range = trace.Values.Take(trace.Shown).Aggregate(new Interval(0, 0), (all, value) => all.With(value));
        var left = range.Min < 0 ? Math.Clamp((int)Math.Round(field * (-range.Min / range.Span)), 0, field - 1) : 0;
        var right = field - left;
        for (var i = 0; i < labels.Count; i++)
        {
            var bar = Numbers.CanDraw(trace.Values[i]) ? Bar(trace.Values[i], range, left, right) : new string(' ', left + 1);
            text.Line(TextLayout.PadRight(TextLayout.Truncate(labels[i], labelCells), labelCells) + " " +
                TextLayout.PadRight(bar, field + 1) + " " + TextLayout.PadLeft(numbers[i], numberCells));
        }
    }

    private static string Bar(double value, Interval range, int left, int right)
    {
        if (value >= 0)
        {
            // Eighths of a column on the right side; any value above zero leaves a trace.
            var eighths = range.Max > 0 ? (int)Math.Round(value / range.Max * right * 8) : 0;
            if (value > 0)
                eighths = Math.Max(1, eighths);
            var partial = eighths % 8 is 0 ? "" : "▏▎▍▌▋▊▉"[eighths % 8 - 1].ToString();
            return new string(' ', left) + "│" + new string('█', eighths / 8) + partial;
        }

        var cells = Math.Min(left, Math.Max(1, (int)Math.Round(value / range.Min * left)));
        return new string(' ', left - cells) + new string('▒', cells) + "│";
    }
}
