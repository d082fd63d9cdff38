namespace FeatureInterp.Display;

/// <summary>Which tokens of a long prompt are shown.</summary>
internal static class TokenCut
{
    private const int Neighbours = 8;

    /// <summary>
    /// Runs of positions [First, Last] in order; between two runs tokens are left out. Head and tail get equal shares, and
    /// the highlighted token keeps its neighbours when it is in neither.
    /// </summary>
    public static IReadOnlyList<(int First, int Last)> Runs(int count, int max, int? highlight)
    {
        if (count is 0)
            return [];
        if (count <= max)
            return [(0, count - 1)];
        var beside = Math.Min(Neighbours, max / 8);
        var middle = highlight is { } h && h >= max / 2 && h < count - max / 2 ? 2 * beside + 1 : 0;
        var head = (max - middle + 1) / 2;
        var tail = max - middle - head;
        List<(int First, int Last)> runs = [(0, head - 1)];
        if (middle > 0)
            runs.Add((highlight!.Value - beside, highlight.Value + beside));
        runs.Add((count - tail, count - 1));
        return Joined(runs);
    }

    // The neighbours may reach into head or tail.
    private static IReadOnlyList<(int First, int Last)> Joined(List<(int First, int Last)> runs)
    {
        var joined = new List<(int First, int Last)> { runs[0] };
        foreach (var run in runs.Skip(1))
        {
            if (run.First <= joined[^1].Last + 1)
                joined[^1] = (joined[^1].First, Math.Max(run.Last, joined[^1].Last));
            else
                joined.Add(run);
        }

        return joined;
    }
}
