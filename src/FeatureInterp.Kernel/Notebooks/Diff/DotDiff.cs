namespace FeatureInterp.Kernel.Notebooks;

/// <summary>Pairs the dots of two drawings: each with the nearest free one that lies, and is as large, within the tolerance for lengths.</summary>
internal static class DotDiff
{
    // Dots looked at in one square of the tolerance's width; a drawing of more on one spot is not read by anyone.
    private const int MaxCandidates = 64;

    public static void Compare(List<Dot> a, List<Dot> b, DifferencePlace place, DiffLog log)
    {
        var reach = log.Tolerance.Pixels;
        var free = b.GroupBy(d => Square(d, reach)).ToDictionary(g => g.Key, g => g.ToList());
        foreach (var dot in a)
        {
            if (Take(dot, free, reach) is { } partner)
                log.CountNumber(Math.Max(Math.Abs(dot.X - partner.X), Math.Abs(dot.Y - partner.Y)), reach);
            else
                log.Add(new(DifferenceKind.Lines, place, dot.ToString(), null));
        }

        foreach (var dot in free.Values.SelectMany(f => f))
            log.Add(new(DifferenceKind.Lines, place, null, dot.ToString()));
    }

    private static Dot? Take(Dot dot, Dictionary<(string, long, long), List<Dot>> free, double reach)
    {
        var (series, x, y) = Square(dot, reach);
        (List<Dot> Square, int Index, double Distance)? best = null;
        for (var (i, j) = (-1, -1); j <= 1; (i, j) = i == 1 ? (-1, j + 1) : (i + 1, j))
        {
            if (!free.TryGetValue((series, x + i, y + j), out var square))
                continue;
            for (var k = 0; k < Math.Min(square.Count, MaxCandidates); k++)
            {
                var distance = Math.Max(Math.Abs(dot.X - square[k].X), Math.Abs(dot.Y - square[k].Y));
                if (distance <= reach + 1e-9 && Math.Abs(dot.Radius - square[k].Radius) <= reach + 1e-9 && (best is null || distance < best.Value.Distance))
                    best = (square, k, distance);
            }
        }

        if (best is not { } found)
            return null;
        var partner = found.Square[found.Index];
        found.Square.RemoveAt(found.Index);
        return partner;
    }

    private static (string, long, long) Square(Dot dot, double reach)
    {
        var width = Math.Max(reach, 1e-3);
        return (dot.Series, Cell(dot.X / width), Cell(dot.Y / width));
    }

    private static long Cell(double value) => (long)Math.Clamp(Math.Floor(value), -1e15, 1e15);
}
