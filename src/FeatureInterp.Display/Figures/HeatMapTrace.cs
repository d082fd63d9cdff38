using System.Text.Json;

namespace FeatureInterp.Display;

/// <summary>
/// A grid of values as colours: one hue above zero, another below, stronger the further from it. The first row is on top. Draw it in a figure of its own.
/// </summary>
public sealed record HeatMapTrace : Trace
{
    private const int MaxRows = 64;
    private const int MaxColumns = 512;

    // About 25 bytes each in SVG.
    private const int MaxCells = 4096;

    /// <summary>Creates a heat map.</summary>
    /// <param name="name">What a value is, for hover text.</param>
    /// <param name="columns">A label for each column; labels may repeat.</param>
    /// <param name="rows">A label for each row; labels may repeat.</param>
    /// <param name="values">For each row one value a column. A value that is NaN or infinite leaves its place empty.</param>
    /// <exception cref="ArgumentException">The lists do not fit each other.</exception>
    public HeatMapTrace(string name, IReadOnlyList<string> columns, IReadOnlyList<string> rows, IReadOnlyList<IReadOnlyList<double>> values)
        : base(name)
    {
        if (values.Count != rows.Count)
            throw new ArgumentException($"Heat map '{name}' has {rows.Count} row labels and {values.Count} rows of values; give as many of each.", nameof(values));
        for (var r = 0; r < values.Count; r++)
        {
            if (values[r].Count != columns.Count)
                throw new ArgumentException($"Row {r} of heat map '{name}' has {values[r].Count} values for {columns.Count} columns; give as many of each.", nameof(values));
        }

        Columns = [.. columns];
        Rows = [.. rows];
        Values = [.. values.Select(row => (IReadOnlyList<double>)[.. row])];
    }

    /// <summary>A label for each column.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>A label for each row.</summary>
    public IReadOnlyList<string> Rows { get; }

    /// <summary>For each row one value a column.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Values { get; }

    internal override Interval XRange => IsBlank ? Interval.Empty : new(-0.5, ShownColumns - 0.5);

    internal override Interval YRange => IsBlank ? Interval.Empty : new(-0.5, ShownRows - 0.5);

    internal override IReadOnlyList<string>? XCategories => [.. Columns.Take(ShownColumns)];

    internal override IReadOnlyList<string>? YCategories => [.. Rows.Take(ShownRows)];

    internal override string Note => string.Join("; ", ((string[])
    [
        ShownRows < Rows.Count ? $"the first {ShownRows} of {Numbers.Count(Rows.Count)} rows" : "",
        ShownColumns < Columns.Count ? $"the first {ShownColumns} of {Numbers.Count(Columns.Count)} columns" : "",
        Numbers.Skipped(Values.SelectMany(row => row)),
    ]).Where(part => part.Length > 0));

    internal int ShownRows => Math.Min(Rows.Count, MaxRows);

    internal int ShownColumns => Math.Min(Columns.Count, Math.Min(MaxColumns, MaxCells / Math.Max(1, ShownRows)));

    /// <summary>The largest magnitude shown: the full colour. 0 when there is none.</summary>
    internal double Strongest => Shown().Where(Numbers.CanDraw).Select(Math.Abs).DefaultIfEmpty(0).Max();

    private bool IsBlank => Rows.Count is 0 || Columns.Count is 0;

    internal override string? Conflict(Figure figure) => figure.Traces.Count is 1
        ? null
        : $"Heat map '{Name}' cannot share a figure with other traces; draw it in a figure of its own.";

    internal override void Draw(SvgWriter svg, PlotArea area, TraceStyle style) => HeatMapDrawing.Draw(this, svg, area, style);

    internal override void WritePlotly(Utf8JsonWriter json, TraceStyle style)
    {
        json.WriteString("type", "heatmap");
        PlotlyJson.WriteNumbers(json, "x", Enumerable.Range(0, ShownColumns).Select(i => (double)i));
        PlotlyJson.WriteNumbers(json, "y", Enumerable.Range(0, ShownRows).Select(i => (double)i));
        json.WriteStartArray("z");
        foreach (var row in Values.Take(ShownRows))
            PlotlyJson.WriteNumbers(json, row.Take(ShownColumns));
        json.WriteEndArray();
        json.WriteStartArray("customdata");
        for (var r = 0; r < ShownRows; r++)
            PlotlyJson.WriteTexts(json, Enumerable.Range(0, ShownColumns).Select(c => Place(r, c)));
        json.WriteEndArray();
        json.WriteStartArray("colorscale");
        foreach (var (at, colour) in ((double, string)[])[(0, Palette.Cool.Light), (0.5, Palette.Panel.Light), (1, Palette.Warm.Light)])
        {
            json.WriteStartArray();
            json.WriteNumberValue(at);
            json.WriteStringValue(colour);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        var strongest = Strongest is 0 ? 1 : Strongest;
        json.WriteNumber("zmin", -strongest);
        json.WriteNumber("zmax", strongest);
        json.WriteString("hovertemplate", "%{customdata}: %{z:.4~g}" + PlotlyJson.NameInHover);
    }

    internal override void WriteText(TextBlock text) => HeatMapText.Write(this, text);

    /// <summary>A cell's row and column, as it is called in hover text.</summary>
    internal string Place(int row, int column) => $"{VisibleText.Label(Rows[row])}, {VisibleText.Label(Columns[column])}";

    private IEnumerable<double> Shown() => Values.Take(ShownRows).SelectMany(row => row.Take(ShownColumns));
}
