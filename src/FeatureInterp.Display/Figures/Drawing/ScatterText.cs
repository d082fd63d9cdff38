namespace FeatureInterp.Display;

/// <summary>
/// A figure's points in a terminal, on a grid of characters: of one cloud how dense it is, <c>·░▒▓█</c> by the logarithm of the count; of several, for each place the
/// letter of the one that has most points there.
/// </summary>
internal static class ScatterText
{
    private const string Shades = "·░▒▓█";
    private const int WidestGrid = 96;

    public static void Write(Figure figure, TextBlock text)
    {
        var clouds = figure.Traces.OfType<ScatterTrace>().Where(t => !t.IsEmpty).ToList();
        if (clouds.Count is 0)
            return;
        var x = clouds.Aggregate(Interval.Empty, (all, t) => all.Union(t.XRange)).ForAxis();
        var y = clouds.Aggregate(Interval.Empty, (all, t) => all.Union(t.YRange)).ForAxis();
        if (figure.Arrangement is Arrangement.Stacked)
        {
            foreach (var cloud in clouds)
            {
                text.Line();
                text.Wrapped(VisibleText.Line(cloud.Name));
                Grid([cloud], x, y, 10, text);
            }

            return;
        }

        text.Line();
        if (clouds.Count > 1)
            text.Items(clouds.Select((t, i) => $"{Letter(i)} {VisibleText.Line(t.Name)}"), "");
        Grid(clouds, x, y, 18, text);
    }

    private static void Grid(IReadOnlyList<ScatterTrace> clouds, Interval x, Interval y, int rows, TextBlock text)
    {
        var (top, bottom) = (Numbers.Short(y.Max), Numbers.Short(y.Min));
        var gutter = Math.Max(top.Length, bottom.Length);
        var columns = Math.Min(WidestGrid, text.Width - gutter - 2);
        if (columns < 4)
            return;
        var counts = new int[rows, columns, clouds.Count];
        var most = 1;
        for (var c = 0; c < clouds.Count; c++)
        {
            foreach (var i in clouds[c].Drawable())
            {
                var row = (int)Math.Round((y.Max - clouds[c].Y[i]) / y.Span * (rows - 1));
                var column = (int)Math.Round((clouds[c].X[i] - x.Min) / x.Span * (columns - 1));
                most = Math.Max(most, ++counts[row, column, c]);
            }
        }

        for (var r = 0; r < rows; r++)
        {
            var label = r is 0 ? top : r == rows - 1 ? bottom : "";
            text.Line(TextLayout.PadLeft(label, gutter) + " │" + new string([.. Enumerable.Range(0, columns).Select(c => Character(r, c))]));
        }

        var (first, last) = (Numbers.Short(x.Min), Numbers.Short(x.Max));
        text.Line(new string(' ', gutter + 1) + "└" + first + TextLayout.PadLeft(last, columns - first.Length));

        char Character(int row, int column)
        {
            var fullest = Enumerable.Range(0, clouds.Count).MaxBy(c => counts[row, column, c]);
            var count = counts[row, column, fullest];
            if (count is 0)
                return ' ';
            return clouds.Count > 1 ? Letter(fullest) : Shades[most is 1 ? 0 : (int)Math.Round((Shades.Length - 1) * Math.Log(count) / Math.Log(most))];
        }
    }

    private static char Letter(int cloud) => cloud < 26 ? (char)('A' + cloud) : '?';
}
