namespace FeatureInterp.Display;

/// <summary>
/// Draws <see cref="ScatterTrace"/>: a dot a point, larger where several fall on one place; of very many points how dense they lie, in squares as small as the
/// figure's budget of bytes allows.
/// </summary>
internal static class ScatterDrawing
{
    private const double Dot = 5;
    private const double LeastSquare = 4;
    private const int Steps = 10;
    private const int Faintest = 3;

    public static void Draw(ScatterTrace trace, SvgWriter svg, PlotArea area, TraceStyle style)
    {
        var points = trace.Drawable().Select(i => new Pixel(i, area.X.Map(trace.X[i]), area.Y.Map(trace.Y[i])))
            .Where(p => p.X >= area.Left && p.X <= area.Right && p.Y >= area.Top && p.Y <= area.Bottom).ToList();
        var spots = points.GroupBy(p => (Math.Round(p.X * 2), Math.Round(p.Y * 2))).Select(g => (At: g.First(), Count: g.Count())).ToList();
        var spoken = Spread(spots.Select(s => s.At), area, style.MaxHovers);
        // Several clouds tell each other apart by their dots; a single one can show its density sooner.
        if (spots.Count > (style.Alone ? style.MaxMarks : 2 * style.MaxMarks))
        {
            Density(trace, svg, points, style);
            Speak(trace, svg, spoken.Select(p => (p, 1.0)), style.Tone, 0.9);
            return;
        }

        var hovered = spoken.Select(p => p.Index).ToHashSet();
        svg.OpenStroke(style.Tone, Dot);
        svg.Open("g", ("stroke-linecap", "round"), ("stroke-opacity", "0.55"));
        foreach (var size in spots.Where(s => !hovered.Contains(s.At.Index)).GroupBy(s => Radius(s.Count)))
        {
            // A line of no length with round ends is a dot.
            svg.Open("path", ("stroke-width", Numbers.Pixel(2 * size.Key)), ("d", string.Concat(size.Select(s => $"M{Numbers.Pixel(s.At.X)} {Numbers.Pixel(s.At.Y)}V{Numbers.Pixel(s.At.Y)}"))));
            svg.Close();
        }

        svg.Close();
        svg.Close();
        Speak(trace, svg, spots.Where(s => hovered.Contains(s.At.Index)).Select(s => (s.At, Radius(s.Count))), style.Tone, 0.55);
    }

    private static void Speak(ScatterTrace trace, SvgWriter svg, IEnumerable<(Pixel At, double Radius)> dots, Tone tone, double opacity)
    {
        svg.OpenFill(tone);
        svg.Open("g", ("fill-opacity", Numbers.Pixel(opacity)));
        foreach (var (at, radius) in dots)
            svg.Circle(at.X, at.Y, radius, trace.Hover(at.Index));
        svg.Close();
        svg.Close();
    }

    private static void Density(ScatterTrace trace, SvgWriter svg, List<Pixel> points, TraceStyle style)
    {
        var side = LeastSquare;
        var squares = Squares(points, side);
        while (squares.Count > style.MaxMarks)
        {
            side *= 1.25;
            squares = Squares(points, side);
        }

        var most = squares.Max(s => s.Count);
        svg.OpenFill(style.Tone);
        svg.Hover($"{(trace.Name.Length > 0 ? VisibleText.Line(trace.Name) + ": " : "")}{Numbers.Count(points.Count, "point")}; the stronger a square, the more lie in it, at most {Numbers.Count(most)}");
        // By the logarithm: squares of one and of a thousand are both seen.
        foreach (var step in squares.GroupBy(s => most is 1 ? Steps : (int)Math.Round((Steps - Faintest) * Math.Log(s.Count) / Math.Log(most)) + Faintest).OrderBy(g => g.Key))
        {
            svg.Open("g", ("fill-opacity", Numbers.Pixel(step.Key / (double)Steps)));
            svg.Path(string.Concat(step.Select(s => Square(s.X * side, s.Y * side, side))));
            svg.Close();
        }

        svg.Close();
    }

    // Down, right, up; the fill closes it.
    private static string Square(double left, double top, double side)
    {
        var (x, y, bottom) = (Numbers.Pixel(left), Numbers.Pixel(top), Numbers.Pixel(top + side));
        return $"M{x} {y}V{bottom}L{Numbers.Pixel(left + side)} {bottom}V{y}";
    }

    private static List<(int X, int Y, int Count)> Squares(List<Pixel> points, double side) =>
        [.. points.GroupBy(p => ((int)Math.Floor(p.X / side), (int)Math.Floor(p.Y / side))).Select(g => (g.Key.Item1, g.Key.Item2, g.Count()))];

    // One from each part of the picture, those far out first: so that every region and every outlier can be asked what it is.
    private static List<Pixel> Spread(IEnumerable<Pixel> points, PlotArea area, int most)
    {
        var all = points.OrderByDescending(p => Math.Pow((p.X - area.Left) / area.Width - 0.5, 2) + Math.Pow((p.Y - area.Top) / area.Height - 0.5, 2)).ThenBy(p => p.Index).ToList();
        if (all.Count <= most)
            return all;
        var side = Math.Sqrt(area.Width * area.Height / most);
        return [.. all.DistinctBy(p => ((int)Math.Floor(p.X / side), (int)Math.Floor(p.Y / side))).Take(most)];
    }

    private static double Radius(int count) => Dot / 2 + Math.Min(4, Math.Round(Math.Log2(count)) / 2);

    private readonly record struct Pixel(int Index, double X, double Y);
}
