namespace FeatureInterp.Display;

/// <summary>A table as a drawing, for a stack of displays and for readers that show no HTML.</summary>
internal static class TableSvg
{
    private const double Gap = 20;
    private const double LeastColumn = 40;
    private const double WidestColumn = 420;
    private const double Step = 22;

    public static SvgDrawing LayOut(Table table, double maxWidth)
    {
        var headers = table.ShownHeaders();
        var rows = table.ShownRows();
        var (body, bold) = (TextStyle.Body, TextStyle.Body with { Bold = true });
        var wanted = headers.Select((h, c) => Math.Min(WidestColumn, rows.Select(r => body.Width(r[c])).Append(bold.Width(h)).Max())).ToList();
        var widths = ColumnFit.Share(wanted, maxWidth, Gap, LeastColumn);
        var parts = new List<SvgDrawing>();
        if (table.Title.Length > 0)
            parts.Add(SvgDrawing.Paragraph(VisibleText.Line(table.Title), TextStyle.Title, maxWidth, maxLines: 3));
        if (widths.Count > 0)
        {
            var total = widths.Sum() + Gap * (widths.Count - 1);
            parts.Add(new(total, Step * (rows.Count + 1) + 6, svg =>
            {
                Row(svg, table, headers, widths, 0, bold);
                svg.Line(0, Step, total, Step, Palette.Frame, 1.5);
                for (var r = 0; r < rows.Count; r++)
                {
                    if (r > 0)
                        svg.Line(0, Step * (r + 1) + 2, total, Step * (r + 1) + 2, Palette.Grid);
                    Row(svg, table, rows[r], widths, Step * (r + 1) + 2, body);
                }
            }));
        }

        var notes = table.Footnote();
        if (widths.Count < headers.Count)
            notes += $" … {Numbers.Count(headers.Count - widths.Count, "more column")}";
        if (notes.Length > 0)
            parts.Add(SvgDrawing.Paragraph(notes, TextStyle.Note, maxWidth));
        return SvgDrawing.Stack(parts, 6);
    }

    private static void Row(SvgWriter svg, Table table, IReadOnlyList<string> cells, IReadOnlyList<double> widths, double y, TextStyle style)
    {
        double x = 0;
        for (var c = 0; c < widths.Count; c++)
        {
            var (at, anchor) = table.Alignments[c] switch
            {
                Alignment.Right => (x + widths[c], Anchor.End),
                Alignment.Center => (x + widths[c] / 2, Anchor.Middle),
                _ => (x, Anchor.Start),
            };
            var fitted = style.Fit(cells[c], widths[c] + 0.5);
            svg.Open("g");
            if (!ReferenceEquals(fitted, cells[c]))
                svg.Hover(TextLayout.Truncate(cells[c], 400));
            svg.Text(at, y + 15, fitted, style with { Anchor = anchor });
            svg.Close();
            x += widths[c] + Gap;
        }
    }
}
