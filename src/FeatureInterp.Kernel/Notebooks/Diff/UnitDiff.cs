namespace FeatureInterp.Kernel.Notebooks;

/// <summary>Compares the lines of two texts, or the tags and texts of two pieces of markup.</summary>
internal static class UnitDiff
{
    private const int MaxUnits = 12;

    public static void Compare(List<DiffUnit> a, List<DiffUnit> b, DifferencePlace place, DiffLog log)
    {
        if (a.Count == b.Count)
        {
            foreach (var (x, y) in a.Zip(b))
                Units(x, y, place, log);
            return;
        }

        // Something was lost or came: what is alike at both ends leaves the stretch where it happened.
        var start = 0;
        while (start < Math.Min(a.Count, b.Count) && DiffUnit.Same(a[start], b[start], log.Tolerance))
            Units(a[start], b[start++], place, log);
        var (endA, endB) = (a.Count, b.Count);
        while (endA > start && endB > start && DiffUnit.Same(a[endA - 1], b[endB - 1], log.Tolerance))
            Units(a[--endA], b[--endB], place, log);
        log.Add(new(DifferenceKind.Lines, place with { Line = start < a.Count ? a[start].Line : start < b.Count ? b[start].Line : null },
            Stretch(a, start, endA), Stretch(b, start, endB), Math.Abs(a.Count - b.Count), 0));
    }

    private static void Units(DiffUnit a, DiffUnit b, DifferencePlace place, DiffLog log)
    {
        var at = place with { Line = a.Line };
        for (var i = 0; i < Math.Min(a.Pieces.Count, b.Pieces.Count); i++)
        {
            if (log.Piece(a.Pieces[i], b.Pieces[i], at))
                continue;
            Text(a, b, at, log);
            return;
        }

        if (a.Pieces.Count != b.Pieces.Count)
            Text(a, b, at, log);
    }

    private static void Text(DiffUnit a, DiffUnit b, DifferencePlace place, DiffLog log)
    {
        // A long line is shown from shortly before the first character that differs.
        var same = a.Text.AsSpan().CommonPrefixLength(b.Text);
        var from = same <= 60 ? 0 : same - 40;
        log.Add(new(DifferenceKind.Text, place, From(a.Text, from), From(b.Text, from)));
    }

    private static string From(string text, int start) => start == 0 ? text : "…" + text[start..];

    private static string? Stretch(List<DiffUnit> units, int start, int end) => start == end ? null
        : string.Join(" ⏎ ", units[start..Math.Min(end, start + MaxUnits)].Select(u => u.Text.Trim())) + (end > start + MaxUnits ? $" … and {end - start - MaxUnits} more" : "");
}
