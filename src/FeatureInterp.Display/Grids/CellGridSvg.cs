namespace FeatureInterp.Display;

/// <summary>Draws a grid's cells. Zero is left blank; other numbers take the colours in turn, the second round fainter. The number stands in the cell, so that nobody has to tell colours apart.</summary>
internal static class CellGridSvg
{
    private const double Widest = 24;
    private const double Narrowest = 14;
    private const int Colours = 6;
    private static readonly TextStyle s_number = new(11, Palette.Ink) { Anchor = Anchor.Middle };

    public static SvgDrawing LayOut(CellGrid grid, double maxWidth)
    {
        var parts = new List<SvgDrawing>();
        if (grid.Title.Length > 0)
            parts.Add(SvgDrawing.Paragraph(VisibleText.Line(grid.Title), TextStyle.Title, maxWidth, maxLines: 3));
        if (grid.ShownColumns > 0)
            parts.Add(Cells(grid, Math.Clamp(maxWidth / grid.ShownColumns, Narrowest, Widest)));
        if (grid.Note.Length > 0)
            parts.Add(SvgDrawing.Paragraph(grid.Note, TextStyle.Note, maxWidth));
        return SvgDrawing.Stack(parts, 6);
    }

    private static SvgDrawing Cells(CellGrid grid, double side) => new(grid.ShownColumns * side + 2, grid.ShownRows * side + 2, svg =>
    {
        for (var r = 0; r < grid.ShownRows; r++)
        {
            for (var c = 0; c < Math.Min(grid.Rows[r].Count, grid.ShownColumns); c++)
                Cell(svg, grid, r, c, side);
        }

        // On top, so that no neighbour's edge covers a mark.
        for (var r = 0; r < grid.ShownRows; r++)
        {
            for (var c = 0; c < Math.Min(grid.Rows[r].Count, grid.ShownColumns); c++)
            {
                if (grid.IsMarked(r, c))
                    svg.Outline(1 + c * side + 1, 1 + r * side + 1, side - 2, side - 2, Palette.Ink, 2);
            }
        }
    });

    private static void Cell(SvgWriter svg, CellGrid grid, int row, int column, double side)
    {
        var (x, y, number) = (1 + column * side, 1 + row * side, grid.Rows[row][column]);
        svg.Open("g");
        svg.Hover($"row {Numbers.Integer(row)}, column {Numbers.Integer(column)}: {Numbers.Integer(number)}{(grid.IsMarked(row, column) ? ", different" : "")}");
        if (number != 0)
        {
            var turn = (int)((Math.Abs((long)number) - 1) % (2 * Colours));
            svg.Rect(x, y, side, side, Palette.OfSeries(turn), turn < Colours ? 0.6 : 0.25);
        }

        svg.Outline(x, y, side, side, Palette.Frame);
        svg.Text(x + side / 2, y + side / 2 + 4, s_number.Fit(Numbers.Integer(number), side), s_number);
        svg.Close();
    }
}
