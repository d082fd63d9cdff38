namespace FeatureInterp.Display;

/// <summary>A grid of whole numbers as coloured cells, each with its number. Cells that differ from another grid can be marked.</summary>
[TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
public sealed record CellGrid : IDisplay, ISvgSource
{
    private const int MaxRows = 40;
    private const int MaxColumns = 40;

    /// <summary>Creates a grid.</summary>
    /// <param name="rows">The rows, the first on top; they may differ in length.</param>
    /// <param name="title">Shown above the grid; empty for none.</param>
    /// <param name="compared">A grid to compare with: cells whose number is another or that it does not have are marked; null for none.</param>
    public CellGrid(IReadOnlyList<IReadOnlyList<int>> rows, string title = "", IReadOnlyList<IReadOnlyList<int>>? compared = null)
    {
        Rows = [.. rows.Select(r => (IReadOnlyList<int>)[.. r])];
        Compared = compared is null ? null : [.. compared.Select(r => (IReadOnlyList<int>)[.. r])];
        Title = title;
    }

    /// <summary>The rows, the first on top.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Rows { get; }

    /// <summary>Shown above the grid.</summary>
    public string Title { get; }

    /// <summary>The grid it is compared with, or null.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? Compared { get; }

    /// <summary>How many cells are marked.</summary>
    public int Differing => Rows.Select((row, r) => row.Where((_, c) => IsMarked(r, c)).Count()).Sum();

    /// <summary>How many cells the other grid has that this one does not.</summary>
    public int Missing => Compared is null ? 0 : Compared.Select((row, r) => Math.Max(0, row.Count - (r < Rows.Count ? Rows[r].Count : 0))).Sum();

    /// <summary>Whether a cell is marked: the other grid has another number there, or none.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The column.</param>
    public bool IsMarked(int row, int column) =>
        Compared is not null && (row >= Compared.Count || column >= Compared[row].Count || Compared[row][column] != Rows[row][column]);

    /// <inheritdoc/>
    public string ToSvg() => CellGridSvg.LayOut(this, SvgDrawing.MaxWidth).ToDocument(VisibleText.Line(Title.Length > 0 ? Title : "grid"));

    /// <inheritdoc/>
    public string ToText(int width = 100)
    {
        var text = new TextBlock(width);
        if (Title.Length > 0)
            text.Line(VisibleText.Line(Title));
        var longest = Shown().Select(n => Numbers.Integer(n).Length).DefaultIfEmpty(1).Max();
        for (var r = 0; r < ShownRows; r++)
        {
            var row = r;
            text.Line(string.Concat(Rows[r].Take(MaxColumns).Select((n, c) => (IsMarked(row, c) ? " *" : "  ") + TextLayout.PadLeft(Numbers.Integer(n), longest))));
        }

        if (Note is { Length: > 0 } note)
            text.Wrapped(note);
        return text.ToString();
    }

    /// <inheritdoc/>
    public string ToHtml() => "<div>" + ToSvg() + "</div>";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ToMimeBundle() => MimeBundle.OfPicture(this);

    SvgDrawing ISvgSource.LayOut(double maxWidth) => CellGridSvg.LayOut(this, maxWidth);

    internal int ShownRows => Math.Min(Rows.Count, MaxRows);

    internal int ShownColumns => Rows.Take(MaxRows).Select(r => Math.Min(r.Count, MaxColumns)).DefaultIfEmpty(0).Max();

    /// <summary>What stands below: how many cells differ or are missing, and what is not shown.</summary>
    internal string Note => string.Join("; ", ((string[])
    [
        Rows.Count == 0 ? "no cells" : "",
        Differing > 0 ? $"{Numbers.Count(Differing, "cell")} marked as different" : "",
        Missing > 0 ? $"{Numbers.Count(Missing, "cell")} missing" : "",
        Rows.Count > MaxRows || Rows.Any(r => r.Count > MaxColumns) ? $"at most {MaxRows} rows and {MaxColumns} columns are shown" : "",
    ]).Where(part => part.Length > 0));

    private IEnumerable<int> Shown() => Rows.Take(MaxRows).SelectMany(r => r.Take(MaxColumns));
}
