using System.Text.Json;
using System.Xml.Linq;
using FeatureInterp.Display;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Display;

public class HeatMapTraceTests
{
    private static readonly string[] s_columns = ["the", " cat", " sat"];

    private static Figure Map(params IReadOnlyList<double>[] rows) =>
        new("effect", [new HeatMapTrace("logits", s_columns, [.. rows.Select((_, r) => $"L{r}")], rows)], new Axis("token"));

    private static XElement Cell(XElement root, string hover) =>
        root.Descendants(SvgReading.Svg + "rect").Single(r => (string?)r.Element(SvgReading.Svg + "title") == hover);

    [Fact]
    public void Svg_Cells_AreAsStrongAsTheirValues()
    {
        var root = SvgReading.Parse(Map([4, 2, 0], [-1, -4, 3]).ToSvg());
        Assert.Equal(1, SvgReading.Number(Cell(root, "L0, the: 4"), "fill-opacity"), 0.02);
        Assert.Equal(0.5, SvgReading.Number(Cell(root, "L0, ␣cat: 2"), "fill-opacity"), 0.02);
        Assert.Equal(0.25, SvgReading.Number(Cell(root, "L1, the: -1"), "fill-opacity"), 0.02);
        Assert.NotEqual(Tone(Cell(root, "L0, the: 4")), Tone(Cell(root, "L1, ␣cat: -4")));
        Assert.Equal(Tone(Cell(root, "L0, the: 4")), Tone(Cell(root, "L1, ␣sat: 3")));

        static string? Tone(XElement cell) => (string?)cell.Parent!.Attribute("class");
    }

    [Fact]
    public void Svg_Cells_TileTheGridFromTheTopLeft()
    {
        var root = SvgReading.Parse(Map([4, 2, 1], [-1, -4, 3]).ToSvg());
        var (first, right, below) = (Cell(root, "L0, the: 4"), Cell(root, "L0, ␣cat: 2"), Cell(root, "L1, the: -1"));
        Assert.Equal(SvgReading.Number(first, "x") + SvgReading.Number(first, "width"), SvgReading.Number(right, "x"), 0.05);
        Assert.Equal(SvgReading.Number(first, "y") + SvgReading.Number(first, "height"), SvgReading.Number(below, "y"), 0.05);
        Assert.Superset(new HashSet<string> { "the", "␣cat", "␣sat", "L0", "L1", "token" }, SvgReading.Texts(root).ToHashSet());
    }

    [Fact]
    public void Svg_ManyCells_StaySmallAndKeepTheStrongestHover()
    {
        var values = Enumerable.Range(0, 64).Select(r => (IReadOnlyList<double>)[.. Enumerable.Range(0, 64).Select(c => Math.Sin(r * 64 + c))]).ToArray();
        values[50] = [.. values[50].Select((v, c) => c == 9 ? -7 : v)];
        string[] names = [.. Enumerable.Range(0, 64).Select(i => $"n{i}")];
        var svg = new Figure("", [new HeatMapTrace("", names, names, values)]).ToSvg();
        Assert.InRange(svg.Length, 20_000, 220_000);
        Assert.Contains("n50, n9: -7", SvgReading.Hovers(SvgReading.Parse(svg)));
    }

    [Fact]
    public void TooLarge_IsCutAndSaid()
    {
        string[] rows = [.. Enumerable.Range(0, 200).Select(i => $"r{i}")], columns = [.. Enumerable.Range(0, 900).Select(i => $"c{i}")];
        var figure = new Figure("", [new HeatMapTrace("", columns, rows, [.. rows.Select(_ => (IReadOnlyList<double>)new double[900])])]);
        Assert.Contains("the first 64 of 200 rows; the first 64 of 900 columns", figure.ToText(), StringComparison.Ordinal);
        Assert.Contains(SvgReading.Texts(SvgReading.Parse(figure.ToSvg())), t => t.Contains("the first 64 of 200 rows", StringComparison.Ordinal));
        var wide = new HeatMapTrace("", columns, ["one"], [new double[900]]);
        Assert.Equal((1, 512), (wide.ShownRows, wide.ShownColumns));
    }

    [Fact]
    public void NaN_LeavesItsPlaceEmptyAndIsCounted()
    {
        var figure = Map([1, double.NaN, double.PositiveInfinity]);
        Assert.Single(SvgReading.Hovers(SvgReading.Parse(figure.ToSvg())), h => h.StartsWith("L0", StringComparison.Ordinal));
        Assert.Contains("(skipped 1 NaN, 1 infinite)", figure.ToText(), StringComparison.Ordinal);
        Assert.Contains("│█??", figure.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_Cells_AreShadedOnBothSides()
    {
        var lines = Map([4, 2, 0], [-1, -4, 3]).ToText(60).Split('\n');
        Assert.Contains("L0 │█▒", lines);
        Assert.Contains("L1 │·#▓", lines);
        Assert.Contains(lines, l => l.StartsWith("largest  L0, the: 4, L1, ␣cat: -4, L1, ␣sat: 3", StringComparison.Ordinal));
    }

    [Fact]
    public void Plotly_Heatmap_HasRowsOfValuesAndAScaleAroundZero()
    {
        var json = JsonDocument.Parse(Map([4, 2, 0], [-1, double.NaN, 3]).ToPlotlyJson()).RootElement;
        var trace = json.GetProperty("data")[0];
        Assert.Equal("heatmap", trace.GetProperty("type").GetString());
        Assert.Equal(["[4,2,0]", "[-1,null,3]"], trace.GetProperty("z").EnumerateArray().Select(r => r.GetRawText()));
        Assert.Equal((-4.0, 4.0), (trace.GetProperty("zmin").GetDouble(), trace.GetProperty("zmax").GetDouble()));
        Assert.Equal("L1, ␣cat", trace.GetProperty("customdata")[1][1].GetString());
        Assert.Equal(["L0", "L1"], json.GetProperty("layout").GetProperty("yaxis").GetProperty("ticktext").EnumerateArray().Select(t => t.GetString()!));
        var range = json.GetProperty("layout").GetProperty("yaxis").GetProperty("range");
        Assert.True(range[0].GetDouble() > range[1].GetDouble(), "the first row is on top");
    }

    [Fact]
    public void Nothing_SaysNoData()
    {
        foreach (var figure in new[] { new Figure("", [new HeatMapTrace("a", [], [], [])]), new Figure("", [new HeatMapTrace("a", [], ["r"], [[]])]) })
        {
            Assert.Contains("no data", SvgReading.Texts(SvgReading.Parse(figure.ToSvg())));
            Assert.Contains("no data", figure.ToText(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ListsThatDoNotFit_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new HeatMapTrace("a", ["x"], ["r", "s"], [[1]]));
        Assert.Contains("Row 1", Assert.Throws<ArgumentException>(() => new HeatMapTrace("a", ["x"], ["r", "s"], [[1], [1, 2]])).Message, StringComparison.Ordinal);
        var map = new HeatMapTrace("a", ["x"], ["r"], [[1]]);
        Assert.Contains("'a'", Assert.Throws<ArgumentException>(() => new Figure("", [map, new BarTrace("b", ["x"], [1])])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnyHeatMap_IsWellFormedAndFitsTheWidth()
    {
        var numbers = Gen.Frequency((6, Gen.Choose(-1000, 1000).Select(i => i / 16.0)), (1, Gen.Elements(0, double.NaN, double.PositiveInfinity, double.MaxValue, double.Epsilon, -1e299)));
        var maps = from rows in Gen.Choose(0, 70)
                   from columns in Gen.Choose(0, 70)
                   from values in Gen.ArrayOf(numbers, rows * columns)
                   from label in Gen.Elements("a", "<b>&", "\n", "一二三四五六七八九十", "\0", "")
                   select new Figure(label, [new HeatMapTrace(label, [.. Enumerable.Repeat(label, columns)], [.. Enumerable.Repeat(label, rows)],
                       [.. Enumerable.Range(0, rows).Select(r => (IReadOnlyList<double>)values[(r * columns)..((r + 1) * columns)])])]);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60).WithQuietOnSuccess(true), Prop.ForAll(maps.ToArbitrary(), Gen.Choose(20, 120).ToArbitrary(), (figure, width) =>
        {
            _ = SvgReading.Parse(figure.ToSvg());
            using var json = JsonDocument.Parse(figure.ToPlotlyJson());
            Assert.All(figure.ToText(width).Split('\n'), line => Assert.True(line.Length <= width && !line.Any(char.IsControl), line));
        }));
    }
}
