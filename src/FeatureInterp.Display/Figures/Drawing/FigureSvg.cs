namespace FeatureInterp.Display;

/// <summary>Draws a figure: title, legend, axes, traces, footnotes.</summary>
internal static class FigureSvg
{
    public static SvgDrawing LayOut(Figure figure, double width)
    {
        var parts = new List<SvgDrawing>();
        if (figure.Title.Length > 0)
            parts.Add(SvgDrawing.Paragraph(VisibleText.Line(figure.Title), TextStyle.Title, width, maxLines: 3));
        if (figure.Traces.All(t => t.IsEmpty))
            parts.Add(SvgDrawing.Paragraph("no data", TextStyle.Body with { Tone = Palette.Muted }, width));
        else
        {
            if (figure.Arrangement is Arrangement.Overlaid && figure.Traces.Count > 1)
                parts.Add(Legend(figure, width));
            parts.Add(Plot(figure, width));
        }

        var notes = figure.Traces.Where(t => t.Note.Length > 0)
            .Select(t => t.Name.Length > 0 ? VisibleText.Line(t.Name) + ": " + t.Note : t.Note).Distinct(StringComparer.Ordinal).ToList();
        if (notes.Count > 0)
            parts.Add(SvgDrawing.Paragraph("Not drawn — " + string.Join("; ", notes), TextStyle.Note, width, maxLines: 3));
        var stack = SvgDrawing.Stack(parts, 8);
        return stack with { Width = width };
    }

    private static SvgDrawing Legend(Figure figure, double width)
    {
        const double Swatch = 22, Gap = 18, Step = 18;
        var places = new List<(double X, double Y, string Name)>();
        double x = 0, y = 0;
        foreach (var trace in figure.Traces)
        {
            var name = TextStyle.Label.Fit(VisibleText.Line(trace.Name), width - Swatch);
            var room = Swatch + TextStyle.Label.Width(name);
            if (x > 0 && x + room > width)
                (x, y) = (0, y + Step);
            places.Add((x, y, name));
            x += room + Gap;
        }

        return new(width, y + Step, svg =>
        {
            for (var i = 0; i < places.Count; i++)
            {
                svg.Rect(places[i].X, places[i].Y + 7, 16, 4, Palette.OfSeries(i), radius: 1);
                svg.Text(places[i].X + Swatch, places[i].Y + 13, places[i].Name, TextStyle.Label);
            }
        });
    }

    private static SvgDrawing Plot(Figure figure, double width)
    {
        var layout = PlotLayout.For(figure, width);
        var (xAxisHeight, drawXAxis) = AxisSvg.X(figure, layout);
        var bottom = layout.Last.Bottom;
        return new(width, bottom + xAxisHeight, svg =>
        {
            foreach (var row in layout.Rows)
            {
                AxisSvg.Grid(svg, layout, row.Area);
                if (figure.Arrangement is Arrangement.Stacked)
                    Header(svg, figure, row, width);
            }

            drawXAxis(svg);
            if (figure.YAxis.Label.Length > 0)
            {
                var style = TextStyle.Label with { Anchor = Anchor.Middle, Upright = true };
                svg.Text(12, bottom / 2, style.Fit(VisibleText.Line(figure.YAxis.Label), bottom), style);
            }

            foreach (var row in layout.Rows)
                Traces(svg, figure, row);
        });
    }

    private static void Header(SvgWriter svg, Figure figure, PlotRow row, double width)
    {
        var name = VisibleText.Line(figure.Traces[row.Traces[0]].Name);
        svg.Rect(row.Area.Left, row.Area.Top - 13, 10, 10, Palette.OfSeries(row.Traces[0]), radius: 2);
        svg.Text(row.Area.Left + 16, row.Area.Top - 4, (TextStyle.Label with { Bold = true }).Fit(name, width - row.Area.Left - 20), TextStyle.Label with { Bold = true });
    }

    private static void Traces(SvgWriter svg, Figure figure, PlotRow row)
    {
        // A range chosen by hand may cut through data; otherwise everything lies inside and labels may reach over the edge.
        var cut = figure.XAxis.Minimum is not null || figure.XAxis.Maximum is not null || figure.YAxis.Minimum is not null || figure.YAxis.Maximum is not null;
        if (cut)
            svg.OpenWindow(row.Area.Left, row.Area.Top, row.Area.Width, row.Area.Height);
        var labels = new LabelBoard();
        foreach (var i in row.Traces.Where(i => !figure.Traces[i].IsEmpty))
            figure.Traces[i].Draw(svg, row.Area, TraceStyle.For(figure, i, labels));
        if (cut)
            svg.Close();
    }
}
