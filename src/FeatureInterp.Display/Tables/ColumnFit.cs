namespace FeatureInterp.Display;

/// <summary>Shares a width among columns.</summary>
internal static class ColumnFit
{
    /// <summary>
    /// Widths that add up, with the gaps, to no more than <paramref name="room"/>: the widest columns are cut to a common
    /// width, the others stay as they are. When even <paramref name="least"/> for each is too much, only the first columns
    /// that fit are returned.
    /// </summary>
    public static IReadOnlyList<double> Share(IReadOnlyList<double> wanted, double room, double gap, double least)
    {
        var count = wanted.Count;
        while (count > 1 && wanted.Take(count).Sum(w => Math.Min(w, least)) + gap * (count - 1) > room)
            count--;
        var left = room - gap * Math.Max(0, count - 1);
        var widths = new double[count];
        // From the narrowest up: each takes what it wants, or its fair share of what is left.
        var order = Enumerable.Range(0, count).OrderBy(c => wanted[c]).ToList();
        for (var i = 0; i < order.Count; i++)
        {
            widths[order[i]] = Math.Min(wanted[order[i]], left / (order.Count - i));
            left -= widths[order[i]];
        }

        return widths;
    }
}
