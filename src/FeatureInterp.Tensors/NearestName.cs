namespace FeatureInterp.Tensors;

/// <summary>The name someone probably meant: the one with the smallest edit distance.</summary>
public static class NearestName
{
    /// <summary>The candidate with the fewest insertions, deletions and replacements of one character (Levenshtein's distance), ignoring case.</summary>
    /// <param name="name">What was asked for.</param>
    /// <param name="candidates">What there is.</param>
    /// <returns>The nearest candidate, the first of several; null when there are none.</returns>
    public static string? Of(string name, IEnumerable<string> candidates) => candidates.MinBy(c => Distance(name.ToUpperInvariant(), c.ToUpperInvariant()));

    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
