using AngleSharp.Html.Parser;
using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

public class TableTests
{
    private static Table Features() => new(
        ["feature", new TableColumn("value", format: "0.00"), "note"],
        [[863, 14.9375, "digits"], [305, -9.9, "<b>bold</b>"], [1862, double.NaN, null]],
        "Largest");

    [Fact]
    public void Text_Columns_AreAligned() => Assert.Equal(
        """
        Largest
        feature  value  note
        ───────  ─────  ───────────
            863  14.94  digits
            305  -9.90  <b>bold</b>
           1862    NaN
        """.ReplaceLineEndings("\n"), Features().ToText());

    [Fact]
    public void Html_Cells_AreEscapedAndAligned()
    {
        var page = new HtmlParser().ParseDocument(Features().ToHtml());
        Assert.Equal(["feature", "value", "note"], page.QuerySelectorAll("th").Select(h => h.TextContent));
        var cells = page.QuerySelectorAll("tbody tr").Select(r => r.QuerySelectorAll("td").Select(c => c.TextContent).ToArray()).ToArray();
        Assert.Equal(["305", "-9.90", "<b>bold</b>"], cells[1]);
        Assert.Equal(["right", "right", "left"], page.QuerySelectorAll("tbody tr:first-child td").Select(c => c.GetAttribute("align")));
        Assert.Empty(page.QuerySelectorAll("td b, script, style, [style]"));
        Assert.Equal("Largest", page.QuerySelector("strong")!.TextContent);
    }

    [Fact]
    public void Svg_Cells_AreAllThere()
    {
        var root = SvgReading.Parse(Features().ToSvg());
        Assert.Superset(new HashSet<string> { "Largest", "feature", "863", "14.94", "<b>bold</b>", "NaN" }, SvgReading.Texts(root).ToHashSet());
        Assert.Equal(SvgReading.Number(SvgReading.TextElement(root, "863"), "x"), SvgReading.Number(SvgReading.TextElement(root, "1862"), "x"));
        Assert.Equal(SvgReading.Number(SvgReading.TextElement(root, "863"), "y"), SvgReading.Number(SvgReading.TextElement(root, "digits"), "y"));
    }

    [Fact]
    public void Text_WideCells_AreCutToTheWidth()
    {
        var text = new Table(["name", "n"], [[new string('x', 300), 1], ["short", 22]]).ToText(40);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 1, 40));
        Assert.Contains("xxx…", text, StringComparison.Ordinal);
        Assert.EndsWith("22", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_TooManyColumns_NamesThoseLeftOut()
    {
        var columns = Enumerable.Range(0, 30).Select(i => new TableColumn($"col{i}")).ToList();
        var text = new Table(columns, [[.. Enumerable.Range(0, 30).Select(i => (Cell)i)]]).ToText(60);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 1, 60));
        Assert.Contains("more columns: ", text, StringComparison.Ordinal);
        Assert.Contains("col29", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ManyRows_AreCutAndCounted()
    {
        var table = new Table(["i"], [.. Enumerable.Range(0, 1500).Select(i => (IReadOnlyList<Cell>)[i])], maxRows: 10);
        Assert.EndsWith("… 1,490 more rows", table.ToText(), StringComparison.Ordinal);
        Assert.Equal(10, new HtmlParser().ParseDocument(table.ToHtml()).QuerySelectorAll("tbody tr").Length);
        Assert.Contains("… 1,490 more rows", SvgReading.Texts(SvgReading.Parse(table.ToSvg())));
    }

    [Fact]
    public void NoRows_SaysSo()
    {
        var table = new Table(["a"], []);
        Assert.EndsWith("no rows", table.ToText(), StringComparison.Ordinal);
        Assert.Contains("no rows", SvgReading.Texts(SvgReading.Parse(table.ToSvg())));
        Assert.Contains("no rows", new HtmlParser().ParseDocument(table.ToHtml()).Body!.TextContent, StringComparison.Ordinal);
        _ = SvgReading.Parse(new Table([], []).ToSvg());
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(14.9375, "14.94")]
    [InlineData(-0.00123456, "-0.001235")]
    [InlineData(123456.7, "123457")]
    [InlineData(1.5e12, "1.5e+12")]
    [InlineData(-2e-7, "-2e-7")]
    [InlineData(double.NegativeInfinity, "-∞")]
    public void Numbers_WithoutFormat_HaveFourDigits(double value, string expected) => Assert.Equal(expected, Numbers.Short(value));

    [Fact]
    public void Numbers_OfOneColumn_HaveEquallyManyDecimals()
    {
        Assert.Equal(["14.94", "-9.90", "0.50", "NaN"], Numbers.Column([14.9375, -9.9, 0.5, double.NaN]));
        Assert.Equal(["+1.5", "-2.0", "0.0"], Numbers.Column([1.5, -2, 0], signed: true));
        // With one decimal for all, the small one would be gone.
        Assert.Equal(["120.5", "0.00125"], Numbers.Column([120.5, 0.00125]));
        Assert.Equal(["3", "12"], Numbers.Column([3, 12]));
        Assert.Empty(Numbers.Column([]));
    }

    [Fact]
    public void Cells_SpacesAtTheEnds_AreMarked() =>
        Assert.Contains("␣the cat␣", new Table(["token"], [[" the cat "]]).ToText(), StringComparison.Ordinal);

    [Fact]
    public void Arguments_ThatDoNotFit_Throw()
    {
        var error = Assert.Throws<ArgumentException>(() => new Table(["a", "b"], [[1, 2], [3]], "t"));
        Assert.Contains("Row 1 of table 't' has 1 cells for 2 columns", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new TableColumn("x", format: "Q7"));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Table([], [], maxRows: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Features().ToText(19));
    }
}
