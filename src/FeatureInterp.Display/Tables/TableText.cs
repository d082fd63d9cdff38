namespace FeatureInterp.Display;

/// <summary>A table in a terminal: headers, a rule, aligned columns two spaces apart.</summary>
internal static class TableText
{
    private const int Gap = 2;
    private const int LeastColumn = 4;

    public static string Write(Table table, int width)
    {
        var text = new TextBlock(width);
        if (table.Title.Length > 0)
            text.Wrapped(VisibleText.Line(table.Title));
        var headers = table.ShownHeaders();
        var rows = table.ShownRows();
        var wanted = headers.Select((h, c) => (double)rows.Select(r => CellWidth.Of(r[c])).Append(CellWidth.Of(h)).Max()).ToList();
        var widths = ColumnFit.Share(wanted, width, Gap, LeastColumn).Select(w => (int)w).ToList();
        if (widths.Count > 0)
        {
            text.Line(Row(table, headers, widths));
            text.Line(string.Join(new string(' ', Gap), widths.Select(w => new string('─', w))));
        }

        foreach (var row in rows.Where(_ => widths.Count > 0))
            text.Line(Row(table, row, widths));
        if (table.Footnote().Length > 0)
            text.Line(table.Footnote());
        if (widths.Count < headers.Count)
            text.Wrapped($"… {Numbers.Count(headers.Count - widths.Count, "more column")}: {string.Join(", ", headers.Skip(widths.Count))}");
        return text.ToString();
    }

    private static string Row(Table table, IReadOnlyList<string> cells, IReadOnlyList<int> widths) =>
        string.Join(new string(' ', Gap), widths.Select((w, c) => Align(TextLayout.Truncate(cells[c], w), w, table.Alignments[c])));

    private static string Align(string cell, int width, Alignment alignment) => alignment switch
    {
        Alignment.Right => TextLayout.PadLeft(cell, width),
        Alignment.Center => TextLayout.PadRight(TextLayout.PadLeft(cell, (width + CellWidth.Of(cell)) / 2), width),
        _ => TextLayout.PadRight(cell, width),
    };
}
