using System.Globalization;
using System.Text;

namespace FeatureInterp.Display;

/// <summary>Draws <see cref="StemTrace"/>: all stems, hover text for the largest, a dot and a label for the few largest of those.</summary>
internal static class StemDrawing
{
    private const int Labels = 6;
    private const int Dots = 12;

    public static void Draw(StemTrace trace, SvgWriter svg, PlotArea area, TraceStyle style)
    {
        if (!trace.Stems().Any())
        {
            var note = TextStyle.Note with { Anchor = Anchor.Middle };
            svg.Text((area.Left + area.Right) / 2, (area.Top + area.Bottom) / 2, trace.Values.Count is 0 ? "all zero" : "no value can be drawn", note);
            return;
        }

        var kept = Keep(trace, area, style.MaxMarks);
        var largest = trace.Largest(kept).Take(style.MaxHovers).ToList();
        var hovered = largest.ToHashSet();
        svg.OpenStroke(style.Tone, 1.25);
        var rest = string.Concat(kept.Where(i => !hovered.Contains(i)).Select(i => Stem(trace, area, i)));
        if (rest.Length > 0)
            svg.Path(rest);
        // The largest come last, so that where stems crowd the pointer finds the one that matters most.
        for (var rank = largest.Count - 1; rank >= 0; rank--)
        {
            var stem = Stem(trace, area, largest[rank]);
            svg.Open("g");
            svg.Hover(trace.Hover(largest[rank]));
            svg.Path(stem);
            svg.PointerPath(stem);
            svg.Close();
        }

        svg.Close();
        svg.OpenFill(style.Tone);
        foreach (var i in largest.Take(Dots))
            svg.Circle(area.X.Map(trace.Indices[i]), area.Y.MapClamped(trace.Values[i]), 2, trace.Hover(i));
        svg.Close();
        Label(trace, svg, area, largest, style.Labels);
    }

    /// <summary>
    /// Every stem, or when there are more than the budget the lowest and the highest of each column: between them nothing
    /// can be told apart on screen.
    /// </summary>
    private static List<int> Keep(StemTrace trace, PlotArea area, int budget)
    {
        var stems = trace.Stems().Where(i => trace.Indices[i] >= area.XRange.Min && trace.Indices[i] <= area.XRange.Max).ToList();
        if (stems.Count <= budget)
            return stems;
        var columns = Math.Max(1, Math.Min((int)area.Width, budget / 2));
        return
        [
            .. stems.GroupBy(i => (int)((trace.Indices[i] - area.XRange.Min) / area.XRange.Span * (columns - 1)))
                .OrderBy(column => column.Key)
                .SelectMany(column => (IEnumerable<int>)new SortedSet<int>
                {
                    column.MinBy(i => Math.Min(0, trace.Values[i])),
                    column.MaxBy(i => Math.Max(0, trace.Values[i])),
                }),
        ];
    }

    private static string Stem(StemTrace trace, PlotArea area, int i) => new StringBuilder()
        .Append(CultureInfo.InvariantCulture, $"M{Numbers.Pixel(area.X.Map(trace.Indices[i]))} {Numbers.Pixel(area.Y.MapClamped(0))}")
        .Append(CultureInfo.InvariantCulture, $"V{Numbers.Pixel(area.Y.MapClamped(trace.Values[i]))}").ToString();

    /// <summary>Writes indices above the stems, the largest first; one that would cover another is left out.</summary>
    private static void Label(StemTrace trace, SvgWriter svg, PlotArea area, IReadOnlyList<int> largest, LabelBoard board)
    {
        var style = TextStyle.Note with { Tone = Palette.Ink, Anchor = Anchor.Middle };
        var placed = 0;
        for (var rank = 0; rank < largest.Count && placed < Labels; rank++)
        {
            var (index, value) = (trace.Indices[largest[rank]], trace.Values[largest[rank]]);
            var label = Numbers.Integer(index);
            var half = style.Width(label) / 2 + 1;
            var x = Math.Clamp(area.X.Map(index), area.Left + half, Math.Max(area.Left + half, area.Right - half));
            var tip = area.Y.MapClamped(value);
            // A taller stem on the same side would run through the label.
            var crossed = largest.Take(rank).Any(taller => trace.Values[taller] > 0 == value > 0 && Math.Abs(area.X.Map(trace.Indices[taller]) - x) < half);
            var y = value > 0 ? tip - 5 : tip + 13;
            if (crossed || !board.TryTake(x, y, 2 * half))
                continue;
            placed++;
            svg.Text(x, y, label, style);
        }
    }
}
