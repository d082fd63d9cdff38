namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// Pairs the cells of two notebooks: equal cells in the longest common order; between those, first with first, second with second;
/// what remains stands alone.
/// </summary>
internal static class CellAlignment
{
    // Above this many comparisons (two notebooks of 3,000 changed cells) cells are paired by number.
    private const long MaxTable = 9_000_000;

    /// <summary>Pairs of places, in order; −1 where a cell has no partner.</summary>
    public static List<(int A, int B)> Pair(IReadOnlyList<Cell> a, IReadOnlyList<Cell> b)
    {
        // Where several pairings are equally good, the choice must not depend on which notebook is named first.
        var swapped = Order(a, b) > 0;
        var pairs = PairOrdered(swapped ? b : a, swapped ? a : b);
        return swapped ? [.. pairs.Select(p => (p.B, p.A))] : pairs;
    }

    private static List<(int A, int B)> PairOrdered(IReadOnlyList<Cell> a, IReadOnlyList<Cell> b)
    {
        var start = 0;
        while (start < a.Count && start < b.Count && Equal(a[start], b[start]))
            start++;
        var (endA, endB) = (a.Count, b.Count);
        while (endA > start && endB > start && Equal(a[endA - 1], b[endB - 1]))
            (endA, endB) = (endA - 1, endB - 1);

        var pairs = Enumerable.Range(0, start).Select(i => (i, i)).ToList();
        var (nextA, nextB) = (start, start);
        foreach (var (i, j) in Common(a, b, start, endA, endB).Append((endA, endB)))
        {
            while (nextA < i || nextB < j)
                pairs.Add((nextA < i ? nextA++ : -1, nextB < j ? nextB++ : -1));
            if (i < endA)
                pairs.Add((nextA++, nextB++));
        }

        pairs.AddRange(Enumerable.Range(0, a.Count - endA).Select(k => (endA + k, endB + k)));
        return pairs;
    }

    private static List<(int A, int B)> Common(IReadOnlyList<Cell> a, IReadOnlyList<Cell> b, int start, int endA, int endB)
    {
        var (rows, columns) = (endA - start, endB - start);
        var found = new List<(int, int)>();
        if ((long)rows * columns > MaxTable)
            return found;
        // [i, j]: the longest common order of what follows a's cell i and b's cell j.
        var length = new int[rows + 1, columns + 1];
        for (var i = rows - 1; i >= 0; i--)
        {
            for (var j = columns - 1; j >= 0; j--)
                length[i, j] = Equal(a[start + i], b[start + j]) ? length[i + 1, j + 1] + 1 : Math.Max(length[i + 1, j], length[i, j + 1]);
        }

        for (int i = 0, j = 0; i < rows && j < columns;)
        {
            if (Equal(a[start + i], b[start + j]))
                found.Add((start + i++, start + j++));
            else if (length[i + 1, j] >= length[i, j + 1])
                i++;
            else
                j++;
        }

        return found;
    }

    private static bool Equal(Cell a, Cell b) =>
        string.Equals(a.Kernel, b.Kernel, StringComparison.Ordinal) && string.Equals(a.Source, b.Source, StringComparison.Ordinal);

    private static int Order(IReadOnlyList<Cell> a, IReadOnlyList<Cell> b)
    {
        if (a.Count != b.Count)
            return a.Count - b.Count;
        foreach (var (x, y) in a.Zip(b))
        {
            if (string.CompareOrdinal(x.Source, y.Source) is not 0 and var order || (order = string.CompareOrdinal(x.Kernel, y.Kernel)) != 0)
                return order;
        }

        return 0;
    }
}
