namespace FeatureInterp.Kernel.Runner;

/// <summary>The likeliest of a few names for one that was mistyped.</summary>
internal static class Nearest
{
    /// <summary>The candidate with the fewest single-character edits (ignoring case); the first of equals.</summary>
    public static string Of(string name, IEnumerable<string> candidates) =>
        candidates.MinBy(c => Edits(name.ToUpperInvariant(), c.ToUpperInvariant()))!;

    private static int Edits(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
