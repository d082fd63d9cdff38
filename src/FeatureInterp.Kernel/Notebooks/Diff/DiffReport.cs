using System.Globalization;
using System.Text;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>A comparison's findings as lines to read.</summary>
public static class DiffReport
{
    private const int MaxShown = 60;

    /// <summary>The report, ending in a line break: each difference with its place, both values and how far they lie apart, then a summary.</summary>
    /// <param name="result">What was found.</param>
    /// <param name="nameA">What to call the first notebook.</param>
    /// <param name="nameB">What to call the second.</param>
    public static string Write(NotebookDiffResult result, string nameA, string nameB)
    {
        var text = new StringBuilder();
        if (!result.Same)
            text.Append(CultureInfo.InvariantCulture, $"- {nameA}\n+ {nameB}\n");
        foreach (var difference in result.Differences.Take(MaxShown))
        {
            text.Append(CultureInfo.InvariantCulture, $"{Place(difference.Place)}: {What(difference)}\n");
            if (difference.A is { } a)
                text.Append("  - ").Append(OneLine(a)).Append('\n');
            if (difference.B is { } b)
                text.Append("  + ").Append(OneLine(b)).Append('\n');
        }

        var more = Math.Max(0, result.Differences.Length - MaxShown) + result.Omitted;
        if (more > 0)
            text.Append(CultureInfo.InvariantCulture, $"… and {more} more\n");
        text.Append(result.Same ? "The same" : string.Create(CultureInfo.InvariantCulture, $"{result.Differences.Length + result.Omitted} differences"))
            .Append(CultureInfo.InvariantCulture, $": {result.Numbers} numbers compared");
        if (result.Same && result.Closest > 0)
            text.Append(CultureInfo.InvariantCulture, $", the farthest off used {result.Closest:P0} of what is allowed");
        if (result.Volatile > 0)
            text.Append(CultureInfo.InvariantCulture, $"; {result.Volatile} durations, times and memory sizes taken for granted");
        if (result.VolatileCells > 0)
            text.Append(CultureInfo.InvariantCulture, $"; {result.VolatileCells} cells tagged {NotebookDiff.VolatileTag} not looked into");
        return text.Append(".\n").ToString();
    }

    private static string Place(DifferencePlace place)
    {
        var parts = new List<string>
        {
            (place.CellA, place.CellB) switch
            {
                ({ } a, { } b) when a != b => string.Create(CultureInfo.InvariantCulture, $"cell {a} (in the second: {b})"),
                ({ } a, _) => string.Create(CultureInfo.InvariantCulture, $"cell {a}"),
                (_, var b) => string.Create(CultureInfo.InvariantCulture, $"cell {b} of the second"),
            },
        };
        if (place.Output is { } output)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"output {output}"));
        if (place.MimeType is { } type)
            parts.Add(type);
        if (place.Line is { } line)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"line {line}"));
        if (place.Path is { } path)
            parts.Add(path);
        return string.Join(", ", parts);
    }

    private static string What(NotebookDifference difference) => difference switch
    {
        { Kind: DifferenceKind.Number, Distance: { } distance, Allowed: { } allowed } =>
            string.Create(CultureInfo.InvariantCulture, $"{distance:G3} apart, {allowed:G3} allowed"),
        { Kind: DifferenceKind.Lines, A: null } or { Kind: DifferenceKind.Output, A: null } or { Kind: DifferenceKind.Cell, A: null } => "only in the second",
        { Kind: DifferenceKind.Lines, B: null } or { Kind: DifferenceKind.Output, B: null } or { Kind: DifferenceKind.Cell, B: null } => "only in the first",
        { Kind: DifferenceKind.Lines, Distance: { } count } => string.Create(CultureInfo.InvariantCulture, $"{count} more in one than in the other"),
        { Kind: DifferenceKind.Source } => "the cell itself is another",
        { Kind: DifferenceKind.Output } => "another kind of output",
        { Kind: DifferenceKind.Bytes } => "another picture",
        _ => "another text",
    };

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
