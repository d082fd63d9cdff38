namespace FeatureInterp.Display;

/// <summary>Draws grid lines, ticks and axis labels.</summary>
internal static class AxisSvg
{
    private const double TallestName = 110;

    /// <summary>Grid and y ticks of one row, with a stronger line at zero.</summary>
    public static void Grid(SvgWriter svg, PlotLayout layout, PlotArea area)
    {
        if (layout.XCategories is null)
        {
            foreach (var (value, _) in Scale.Ticks(area.XRange, 7))
                svg.Line(area.X.Map(value), area.Top, area.X.Map(value), area.Bottom, Palette.Grid);
        }

        var end = TextStyle.Note with { Anchor = Anchor.End };
        if (layout.YCategories is { } names)
        {
            var style = TextStyle.Label with { Anchor = Anchor.End };
            for (var i = 0; i < names.Count; i++)
                Hovered(svg, area.Left - 8, area.Y.Map(i) + 4, VisibleText.Label(names[i]), area.Left - 8, style);
        }
        else
        {
            foreach (var (value, label) in PlotArea.YTicks(area.YRange, area.Height))
            {
                svg.Line(area.Left, area.Y.Map(value), area.Right, area.Y.Map(value), Palette.Grid);
                svg.Text(area.Left - 6, area.Y.Map(value) + 4, label, end);
            }
        }

        if (area.YRange is { Min: <= 0, Max: >= 0 } && layout.YCategories is null)
            svg.Line(area.Left, area.Y.Map(0), area.Right, area.Y.Map(0), Palette.Frame);
        else if (area.XRange is { Min: <= 0, Max: >= 0 } && layout.YCategories is not null && layout.XCategories is null)
            svg.Line(area.X.Map(0), area.Top, area.X.Map(0), area.Bottom, Palette.Frame, 1.5);
    }

    /// <summary>Ticks and label under the last row: the room they take, and what draws them.</summary>
    public static (double Height, Action<SvgWriter> Draw) X(Figure figure, PlotLayout layout)
    {
        var area = layout.Last;
        var (ticksHeight, drawTicks) = layout.XCategories is { } names ? Names(area, names) : Ticks(area);
        var label = VisibleText.Line(figure.XAxis.Label);
        return (ticksHeight + (label.Length > 0 ? 18 : 0), svg =>
        {
            drawTicks(svg);
            if (label.Length > 0)
            {
                var style = TextStyle.Label with { Anchor = Anchor.Middle };
                svg.Text((area.Left + area.Right) / 2, area.Bottom + ticksHeight + 12, style.Fit(label, area.Width), style);
            }
        }
        );
    }

    private static (double, Action<SvgWriter>) Ticks(PlotArea area) => (18, svg =>
    {
        foreach (var (value, label) in Scale.Ticks(area.XRange, 7))
            svg.Text(area.X.Map(value), area.Bottom + 14, label, TextStyle.Note with { Anchor = Anchor.Middle });
    }
    );

    /// <summary>Names side by side where they fit, else turned upright; where even that is too dense, every second, third, …</summary>
    private static (double, Action<SvgWriter>) Names(PlotArea area, IReadOnlyList<string> names)
    {
        var shown = names.Select(VisibleText.Label).ToList();
        var slot = Math.Abs(area.X.Map(1) - area.X.Map(0));
        var widest = shown.Select(TextStyle.Note.Width).DefaultIfEmpty(0).Max();
        var flat = widest <= Math.Max(slot - 4, 0) || shown.Count <= 1;
        var step = flat ? 1 : (int)Math.Max(1, Math.Ceiling(11 / slot));
        var height = flat ? 18 : Math.Min(widest, TallestName) + 10;
        return (height, svg =>
        {
            for (var i = 0; i < shown.Count; i += step)
            {
                var x = area.X.Map(i);
                if (x < area.Left || x > area.Right)
                    continue;
                if (flat)
                    Hovered(svg, x, area.Bottom + 14, shown[i], slot, TextStyle.Note with { Anchor = Anchor.Middle });
                else
                    Hovered(svg, x + 4, area.Bottom + 6, shown[i], TallestName, TextStyle.Note with { Anchor = Anchor.End, Upright = true });
            }
        }
        );
    }

    /// <summary>Text cut to the room, with the whole of it as hover text when it was cut.</summary>
    private static void Hovered(SvgWriter svg, double x, double y, string text, double room, TextStyle style)
    {
        var fitted = style.Fit(text, room);
        svg.Open("g");
        if (!ReferenceEquals(fitted, text))
            svg.Hover(TextLayout.Truncate(text, 400));
        svg.Text(x, y, fitted, style);
        svg.Close();
    }
}
