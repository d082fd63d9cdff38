namespace FeatureInterp.Display;

/// <summary>A heat map's cells in SVG.</summary>
internal static class HeatMapDrawing
{
    // Cells of one strength are one path; more steps than an eye can tell apart.
    private const int Steps = 40;

    public static void Draw(HeatMapTrace trace, SvgWriter svg, PlotArea area, TraceStyle style)
    {
        var (width, height) = (Math.Abs(area.X.Map(1) - area.X.Map(0)), Math.Abs(area.Y.Map(1) - area.Y.Map(0)));
        var strongest = trace.Strongest > 0 ? trace.Strongest : 1;
        var cells = Enumerable.Range(0, trace.ShownRows).SelectMany(r => Enumerable.Range(0, trace.ShownColumns).Select(c => new Cell(r, c, trace.Values[r][c])))
            .Where(cell => Numbers.CanDraw(cell.Value)).ToList();

        // Where there is no room for every hover text, the strongest cells have it.
        var spoken = cells.OrderByDescending(c => Math.Abs(c.Value)).Take(style.MaxHovers).ToHashSet();
        foreach (var (tone, isBelow) in ((Tone, bool)[])[(Palette.Warm, false), (Palette.Cool, true)])
        {
            svg.OpenFill(tone);
            var side = cells.Where(c => c.Value < 0 == isBelow).ToList();
            foreach (var step in side.Where(c => !spoken.Contains(c)).GroupBy(Step).Where(g => g.Key > 0).OrderBy(g => g.Key))
            {
                svg.Open("g", ("fill-opacity", Numbers.Pixel(step.Key / (double)Steps)));
                svg.Path(string.Concat(step.Select(Square)));
                svg.Close();
            }

            foreach (var cell in side.Where(spoken.Contains))
                svg.Cell(Left(cell), Top(cell), width, height, Step(cell) / (double)Steps, $"{trace.Place(cell.Row, cell.Column)}: {Numbers.Short(cell.Value)}");
            svg.Close();
        }

        svg.Outline(area.Left, area.Top, area.Width, area.Height, Palette.Frame);

        int Step(Cell cell) => (int)Math.Round(Math.Abs(cell.Value) / strongest * Steps);

        double Left(Cell cell) => area.X.Map(cell.Column) - width / 2;

        double Top(Cell cell) => area.Y.Map(cell.Row) - height / 2;

        // Down, right, up; the fill closes it.
        string Square(Cell cell)
        {
            var (left, top, bottom) = (Numbers.Pixel(Left(cell)), Numbers.Pixel(Top(cell)), Numbers.Pixel(Top(cell) + height));
            return $"M{left} {top}V{bottom}L{Numbers.Pixel(Left(cell) + width)} {bottom}V{top}";
        }
    }

    private readonly record struct Cell(int Row, int Column, double Value);
}
