using System.Globalization;

namespace FeatureInterp.Analysis;

/// <summary>A grid of whole numbers found in a text, as a model writes one: <c>array([[1, 2],⏎[3, 4]])</c>, numbers separated by commas or spaces.</summary>
/// <param name="Rows">The rows as far as they can be read; they may differ in length.</param>
/// <param name="IsWhole">Whether all brackets are closed and all rows are of one length.</param>
public sealed record GridText(IReadOnlyList<IReadOnlyList<int>> Rows, bool IsWhole)
{
    // Beyond these a text is no grid to look at, and reading ends.
    private const int MostRows = 256;
    private const int MostColumns = 256;

    /// <summary>Reads the first grid of a text. A text that breaks off or goes wrong in the middle gives what stands before that.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The grid, of at least one number; null for none.</returns>
    public static GridText? Find(string text)
    {
        for (var at = text.IndexOf('[', StringComparison.Ordinal); at >= 0; at = text.IndexOf('[', at + 1))
        {
            var inner = SkipSpace(text, at + 1);
            if (inner < text.Length && text[inner] == '[' && Read(text, inner) is { Rows.Count: > 0 } grid)
                return grid;
        }

        return null;
    }

    private static GridText Read(string text, int at)
    {
        var rows = new List<IReadOnlyList<int>>();
        while (at < text.Length && text[at] == '[' && rows.Count < MostRows)
        {
            var (row, isClosed) = ReadRow(text, ref at);
            if (row.Count > 0)
                rows.Add(row);
            if (!isClosed || row.Count == 0)
                return new GridText(rows, IsWhole: false);
            at = SkipSeparator(text, at);
        }

        var closed = at < text.Length && text[at] == ']';
        return new GridText(rows, closed && rows.TrueForAll(r => r.Count == rows[0].Count));
    }

    private static (IReadOnlyList<int> Row, bool IsClosed) ReadRow(string text, ref int at)
    {
        var row = new List<int>();
        at = SkipSpace(text, at + 1);
        while (row.Count < MostColumns)
        {
            var end = at < text.Length && text[at] == '-' ? at + 1 : at;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
                end++;
            if (!int.TryParse(text.AsSpan(at, end - at), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
                break;
            row.Add(number);
            var next = SkipSeparator(text, end);
            if (next < text.Length && text[next] == ']')
            {
                at = next + 1;
                return (row, true);
            }

            if (next == end)
                break;              // 1x: something that is no number follows
            at = next;
        }

        return (row, false);
    }

    private static int SkipSpace(string text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
        return at;
    }

    private static int SkipSeparator(string text, int at)
    {
        at = SkipSpace(text, at);
        return at < text.Length && text[at] == ',' ? SkipSpace(text, at + 1) : at;
    }
}
