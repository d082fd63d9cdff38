namespace FeatureInterp.Display;

/// <summary>One pair of axes in a figure, with the traces that it shows (by their place in the figure).</summary>
internal sealed record PlotRow(PlotArea Area, IReadOnlyList<int> Traces);

/// <summary>Where the rows of a figure lie. The origin is the upper left corner of the first row's surroundings.</summary>
internal sealed record PlotLayout(IReadOnlyList<PlotRow> Rows, IReadOnlyList<string>? XCategories, IReadOnlyList<string>? YCategories)
{
    /// <summary>Room above a row of a stacked figure for the trace's name.</summary>
    public const double RowHeader = 20;
    private const double OverlaidHeight = 300;
    private const double StackedHeight = 330;
    private const double LeastRowHeight = 40;

    /// <summary>Room between the largest value and the edge, for a label.</summary>
    private const double LabelRoom = 18;
    private const double MaxCategoryLabel = 300;

    public PlotArea Last => Rows[^1].Area;

    public static PlotLayout For(Figure figure, double width)
    {
        var xNames = figure.XAxis.Categories ?? figure.Traces.Select(t => t.XCategories).FirstOrDefault(c => c is not null);
        var yNames = figure.YAxis.Categories ?? figure.Traces.Select(t => t.YCategories).FirstOrDefault(c => c is not null);
        var stacked = figure.Arrangement is Arrangement.Stacked && figure.Traces.Count > 0;
        IReadOnlyList<IReadOnlyList<int>> groups = stacked
            ? [.. Enumerable.Range(0, figure.Traces.Count).Select(i => (IReadOnlyList<int>)[i])]
            : [[.. Enumerable.Range(0, figure.Traces.Count)]];
        var ranges = groups.Select(group => YRange(figure, group, yNames)).ToList();
        var heights = yNames is not null ? [CategoryHeight(figure, yNames.Count)] : Heights(figure, ranges, stacked);

        var left = (figure.YAxis.Label.Length > 0 ? 20 : 0) + 8 + (yNames is null
            ? ranges.SelectMany((range, i) => PlotArea.YTicks(range, heights[i])).Max(t => TextStyle.Note.Width(t.Label))
            : Math.Min(MaxCategoryLabel, yNames.Select(VisibleText.Label).Select(TextStyle.Label.Width).DefaultIfEmpty(0).Max()));
        var plotWidth = Math.Max(80, width - left - 12);
        var xRange = XRange(figure, xNames, horizontalBars: yNames is not null && xNames is null, plotWidth);
        var rows = new List<PlotRow>();
        double y = 0;
        for (var i = 0; i < groups.Count; i++)
        {
            y += stacked ? RowHeader : 0;
            rows.Add(new(new PlotArea(left, y, plotWidth, heights[i], xRange, ranges[i], YDown: yNames is not null), groups[i]));
            y += heights[i] + (stacked ? 6 : 0);
        }

        return new(rows, xNames, yNames);
    }

    private static Interval XRange(Figure figure, IReadOnlyList<string>? names, bool horizontalBars, double plotWidth)
    {
        var data = figure.Traces.Aggregate(Interval.Empty, (all, trace) => all.Union(trace.XRange));
        if (names is not null)
            data = data.Union(new(-0.5, names.Count - 0.5));
        data = data.ForAxis();
        if (horizontalBars)
        {
            // Room for the numbers at the ends of the bars.
            var room = data.Span * Math.Min(0.2, 58 / plotWidth);
            data = new(data.Min < 0 ? data.Min - room : data.Min, data.Max > 0 ? data.Max + room : data.Max);
        }

        return Chosen(data, figure.XAxis);
    }

    private static Interval YRange(Figure figure, IReadOnlyList<int> traces, IReadOnlyList<string>? names)
    {
        var data = traces.Aggregate(Interval.Empty, (all, i) => all.Union(figure.Traces[i].YRange));
        if (names is not null)
            return Chosen(data.Union(new(-0.5, names.Count - 0.5)).ForAxis(), figure.YAxis);
        return Chosen(data.ForAxis(), figure.YAxis);
    }

    private static Interval Chosen(Interval data, Axis axis)
    {
        var range = new Interval(axis.Minimum ?? data.Min, axis.Maximum ?? data.Max);
        // One end given, and all data beyond it.
        if (range.Min >= range.Max)
            range = axis.Minimum is not null ? new(range.Min, range.Min + data.Span) : new(range.Max - data.Span, range.Max);
        return range.ForAxis();
    }

    private static double CategoryHeight(Figure figure, int count) =>
        Math.Max(60, count * Math.Clamp(16 * figure.Traces.Count(t => t.YCategories is not null), 23, 60));

    /// <summary>
    /// Heights of the rows, and their ranges widened for labels. Stacked rows get the same pixels per unit; rows that
    /// would come out too low get the least height and a wider range.
    /// </summary>
    private static IReadOnlyList<double> Heights(Figure figure, List<Interval> ranges, bool stacked)
    {
        double overlaid = figure.Height ?? OverlaidHeight;
        var fixedRange = figure.YAxis is { Minimum: not null, Maximum: not null };
        if (fixedRange)
            return [.. ranges.Select(_ => stacked ? Math.Max(60, StackedHeight / ranges.Count) : overlaid)];

        var total = stacked ? Math.Max(StackedHeight, ranges.Count * 2 * LeastRowHeight) : overlaid - 2 * LabelRoom;
        var perUnit = PixelsPerUnit(ranges, total);
        var heights = new List<double>();
        for (var i = 0; i < ranges.Count; i++)
        {
            var (above, below) = (figure.YAxis.Maximum is null && ranges[i].Max is not 0, figure.YAxis.Minimum is null && ranges[i].Min is not 0);
            var missing = Math.Max(0, LeastRowHeight - ranges[i].Span * perUnit);
            var (up, down) = (above ? LabelRoom : 0, below ? LabelRoom : 0);
            var height = Math.Ceiling(ranges[i].Span * perUnit + up + down + missing);
            // What the row has beyond its data belongs to its open side, so that a pixel means the same in every row.
            missing = height - ranges[i].Span * perUnit - up - down;
            if (above || !below)
                up += missing;
            else
                down += missing;
            heights.Add(height);
            ranges[i] = new(ranges[i].Min - down / perUnit, ranges[i].Max + up / perUnit);
        }

        return heights;
    }

    /// <summary>The k for which the rows' heights, max(k · span, least height), add up to the total.</summary>
    private static double PixelsPerUnit(IReadOnlyList<Interval> ranges, double total)
    {
        var free = ranges.Select(r => r.Span).OrderDescending().ToList();
        while (true)
        {
            var perUnit = total / free.Sum();
            if (free.Count is 1 || free[^1] * perUnit >= LeastRowHeight)
                return perUnit;
            total -= LeastRowHeight;
            free.RemoveAt(free.Count - 1);
        }
    }
}
