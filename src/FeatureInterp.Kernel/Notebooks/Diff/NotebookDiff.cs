using System.Collections.Immutable;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// Compares what two runs of a notebook put out, cell by cell: text must be equal, numbers within a tolerance. Durations, times and
/// memory sizes need only be there; a cell tagged <c>volatile</c> needs only end the same way. Ids of displays, execution counts and
/// the metadata are not compared.
/// </summary>
public static class NotebookDiff
{
    /// <summary>The tag of a cell whose outputs are others each time.</summary>
    public const string VolatileTag = "volatile";

    /// <summary>How many differences of one output are kept.</summary>
    public const int MaxPerOutput = 200;

    /// <summary>Compares two notebooks. Symmetric: the other way round gives the same differences with A and B exchanged.</summary>
    public static NotebookDiffResult Compare(Notebook a, Notebook b, DiffTolerance tolerance)
    {
        var log = new DiffLog(tolerance);
        foreach (var (i, j) in CellAlignment.Pair(a.Cells, b.Cells))
            Cells(i < 0 ? null : a.Cells[i], j < 0 ? null : b.Cells[j], new DifferencePlace(i < 0 ? null : i + 1, j < 0 ? null : j + 1), log);
        return log.Result();
    }

    private static void Cells(Cell? a, Cell? b, DifferencePlace place, DiffLog log)
    {
        if (a is null || b is null)
        {
            log.Add(new(DifferenceKind.Cell, place, a is null ? null : Shown(a), b is null ? null : Shown(b)));
            return;
        }

        if (!string.Equals(a.Kernel, b.Kernel, StringComparison.Ordinal))
            log.Add(new(DifferenceKind.Source, place, a.Kernel, b.Kernel));
        if (!string.Equals(a.Source, b.Source, StringComparison.Ordinal))
        {
            var (linesA, linesB) = (a.Source.Split('\n'), b.Source.Split('\n'));
            var line = linesA.Zip(linesB).TakeWhile(l => string.Equals(l.First, l.Second, StringComparison.Ordinal)).Count();
            log.Add(new(DifferenceKind.Source, place with { Line = line + 1 }, linesA.ElementAtOrDefault(line), linesB.ElementAtOrDefault(line)));
        }

        if (IsVolatile(a) || IsVolatile(b))
        {
            log.CountVolatileCell();
            Outputs([.. a.Outputs.OfType<ErrorOutput>()], [.. b.Outputs.OfType<ErrorOutput>()], place, log);
        }
        else
        {
            Outputs(a.Outputs, b.Outputs, place, log);
        }
    }

    private static bool IsVolatile(Cell cell) => cell.Tags.Contains(VolatileTag, StringComparer.Ordinal);

    private static void Outputs(ImmutableArray<CellOutput> a, ImmutableArray<CellOutput> b, DifferencePlace place, DiffLog log)
    {
        for (var i = 0; i < Math.Max(a.Length, b.Length); i++)
            OutputDiff.Compare(i < a.Length ? a[i] : null, i < b.Length ? b[i] : null, place with { Output = i + 1 }, log);
    }

    private static string Shown(Cell cell) => $"{cell.Kernel}: {cell.Source.Split('\n')[0]}";
}
