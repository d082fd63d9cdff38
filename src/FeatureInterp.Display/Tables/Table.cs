namespace FeatureInterp.Display;

/// <summary>Rows of text and numbers under headers.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Text])]
public sealed record Table : IDisplay, ISvgSource
{
    /// <summary>Creates a table, for example <c>new Table(["feature", "value"], [[863, 14.94], [305, -2.5]])</c>.</summary>
    /// <param name="columns">Headers, with alignment and number format.</param>
    /// <param name="rows">Rows of as many cells as there are columns.</param>
    /// <param name="title">Shown above the table; empty for none.</param>
    /// <param name="maxRows">Rows beyond this many are not shown, only counted.</param>
    /// <exception cref="ArgumentException">A row has too few or too many cells.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxRows"/> is below 1.</exception>
    public Table(IReadOnlyList<TableColumn> columns, IReadOnlyList<IReadOnlyList<Cell>> rows, string title = "", int maxRows = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Count != columns.Count)
                throw new ArgumentException($"Row {i} of table '{title}' has {rows[i].Count} cells for {columns.Count} columns; give one cell per column.", nameof(rows));
        }

        Columns = [.. columns];
        Rows = [.. rows.Select(row => (IReadOnlyList<Cell>)[.. row])];
        Title = title;
        MaxRows = maxRows;
        Alignments = [.. Columns.Select((_, c) => AlignmentOf(c))];
    }

    /// <summary>Headers, with alignment and number format.</summary>
    public IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>The cells.</summary>
    public IReadOnlyList<IReadOnlyList<Cell>> Rows { get; }

    /// <summary>Shown above the table.</summary>
    public string Title { get; }

    /// <summary>How many rows are shown.</summary>
    public int MaxRows { get; }

    /// <inheritdoc/>
    public string ToSvg() => TableSvg.LayOut(this, SvgDrawing.MaxWidth).ToDocument(VisibleText.Line(Title.Length > 0 ? Title : "table"));

    /// <inheritdoc/>
    public string ToText(int width = 100) => TableText.Write(this, width);

    /// <inheritdoc/>
    public string ToHtml() => TableHtml.Write(this);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ToMimeBundle() => MimeBundle.OfTable(this);

    SvgDrawing ISvgSource.LayOut(double maxWidth) => TableSvg.LayOut(this, maxWidth);

    /// <summary>Per column, with <see cref="Alignment.Automatic"/> decided.</summary>
    internal IReadOnlyList<Alignment> Alignments { get; }

    /// <summary>The cells that are shown, as text. Numbers of a column without format get equally many decimals.</summary>
    internal IReadOnlyList<IReadOnlyList<string>> ShownRows()
    {
        var shown = Rows.Take(MaxRows).ToList();
        var columns = Columns.Select((column, c) => Spelled([.. shown.Select(row => row[c])], column.Format)).ToList();
        return [.. shown.Select((_, r) => (IReadOnlyList<string>)[.. columns.Select(column => column[r])])];
    }

    internal IReadOnlyList<string> ShownHeaders() => [.. Columns.Select(c => VisibleText.Line(c.Header))];

    /// <summary>What stands below the rows: how many are not shown, or that there are none.</summary>
    internal string Footnote() => Rows.Count is 0 ? "no rows"
        : Rows.Count > MaxRows ? $"… {Numbers.Count(Rows.Count - MaxRows, "more row")}" : "";

    private Alignment AlignmentOf(int column)
    {
        if (Columns[column].Align is not Alignment.Automatic)
            return Columns[column].Align;
        var filled = Rows.Take(MaxRows).Select(row => row[column]).Where(cell => cell.Text is not "").ToList();
        return filled.Count > 0 && filled.TrueForAll(cell => cell.Number is not null) ? Alignment.Right : Alignment.Left;
    }

    private static IReadOnlyList<string> Spelled(IReadOnlyList<Cell> cells, string? format)
    {
        var free = cells.Where(cell => format is null && cell is { Number: not null, IsInteger: false }).Select(cell => cell.Number!.Value).ToList();
        var spelled = new Queue<string>(Numbers.Column(free));
        return [.. cells.Select(cell => format is null && cell is { Number: not null, IsInteger: false } ? spelled.Dequeue() : cell.Show(format))];
    }
}
