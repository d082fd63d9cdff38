using System.Text.Json;
using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

public class ScatterTraceTests
{
    private static ScatterTrace Cloud(string name, int count, int seed, double spread = 1, bool labels = true)
    {
        var random = new Random(seed);
        double Next() => spread * (random.NextDouble() + random.NextDouble() - 1);
        double[] x = [.. Enumerable.Range(0, count).Select(_ => Next())], y = [.. Enumerable.Range(0, count).Select(_ => Next())];
        return new ScatterTrace(name, x, y, labels ? [.. Enumerable.Range(0, count).Select(i => $"{name}{i}")] : null);
    }

    [Fact]
    public void Svg_FewPoints_EachHasItsHover()
    {
        var root = SvgReading.Parse(new Figure("", [new ScatterTrace("a", [0, 1, 2], [3, 1, 2], ["p|q|r", "s", "t"])]).ToSvg());
        var circles = root.Descendants(SvgReading.Svg + "circle").ToDictionary(c => c.Element(SvgReading.Svg + "title")!.Value);
        Assert.Equal(["p|q|r — 0, 3", "s — 1, 1", "t — 2, 2"], circles.Keys.Order());
        var (first, last) = (circles["p|q|r — 0, 3"], circles["t — 2, 2"]);
        Assert.True(SvgReading.Number(first, "cx") < SvgReading.Number(last, "cx"));
        Assert.True(SvgReading.Number(first, "cy") < SvgReading.Number(last, "cy"));
    }

    [Fact]
    public void Svg_PointsInOnePlace_MakeALargerDot()
    {
        var root = SvgReading.Parse(new Figure("", [new ScatterTrace("", [0, .. new double[40], 1], [1, .. new double[40], 2])]).ToSvg());
        var radii = root.Descendants(SvgReading.Svg + "circle").Select(c => SvgReading.Number(c, "r")).ToList();
        Assert.Equal(3, radii.Count);
        Assert.Single(radii, r => r > radii.Min());
    }

    [Fact]
    public void Svg_ManyPoints_ShowsDensityWithinItsBudget()
    {
        var (dense, most) = (new Figure("", [Cloud("a", 50_000, 1)]).ToSvg(), new Figure("", [Cloud("a", 40_000, 1), Cloud("b", 40_000, 2), Cloud("c", 9000, 3, 4)]).ToSvg());
        Assert.InRange(dense.Length, 20_000, 200_000);
        Assert.InRange(most.Length, 20_000, 200_000);
        var root = SvgReading.Parse(dense);
        Assert.Contains(SvgReading.Hovers(root), h => h.StartsWith("a: 50,000 points; the stronger a square", StringComparison.Ordinal));
        var squares = root.Descendants(SvgReading.Svg + "g").Where(g => g.Attribute("fill-opacity") is not null && g.Element(SvgReading.Svg + "path") is not null).ToList();
        Assert.InRange(squares.Count, 5, 10);
        Assert.InRange(root.Descendants(SvgReading.Svg + "circle").Count(), 40, 240);
    }

    [Fact]
    public void Svg_Outlier_CanBeAskedAmongThousands()
    {
        var cloud = Cloud("a", 20_000, 1, labels: false);
        var labels = new string[20_001];
        Array.Fill(labels, "one of many");
        labels[^1] = "far out";
        var hovers = SvgReading.Hovers(SvgReading.Parse(new Figure("", [new ScatterTrace("", [.. cloud.X, 9], [.. cloud.Y, 9], labels)]).ToSvg()));
        Assert.Contains("far out — 9, 9", hovers);
    }

    [Fact]
    public void Svg_RangeChosen_LeavesOutWhatIsBeyond()
    {
        var figure = new Figure("", [new ScatterTrace("", [0, 1, 50], [0, 1, 1], ["in", "edge", "out"])], new Axis("", -1, 2));
        Assert.DoesNotContain(SvgReading.Hovers(SvgReading.Parse(figure.ToSvg())), h => h.StartsWith("out", StringComparison.Ordinal));
    }

    [Fact]
    public void NaN_IsLeftOutAndCounted()
    {
        var figure = new Figure("", [new ScatterTrace("a", [0, double.NaN, 2, 3], [1, 1, double.PositiveInfinity, 4])]);
        Assert.Contains("(skipped 1 NaN, 1 infinite)", figure.ToText(), StringComparison.Ordinal);
        Assert.Contains("a: 2 points, x from 0 to 3, y from 1 to 4", figure.ToText(), StringComparison.Ordinal);
        Assert.Contains("no data", new Figure("", [new ScatterTrace("", [double.NaN], [1])]).ToText(), StringComparison.Ordinal);
        Assert.Contains("[0,null,2,3]", figure.ToPlotlyJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_OneCloud_IsShadedByCount()
    {
        double[] x = [0, .. Enumerable.Repeat(1.0, 100)], y = [0, .. Enumerable.Repeat(1.0, 100)];
        var lines = new Figure("", [new ScatterTrace("a", x, y)]).ToText(40).Split('\n');
        Assert.Contains(lines, l => l.TrimStart().StartsWith("1 │", StringComparison.Ordinal) && l.EndsWith('█'));
        Assert.Contains(lines, l => l.TrimStart().StartsWith("0 │", StringComparison.Ordinal) && l.EndsWith('·'));
    }

    [Fact]
    public void Text_SeveralClouds_HaveLettersAndStackedOnesAGridEach()
    {
        ScatterTrace[] clouds = [new("low", [0, 0], [0, 0]), new("high", [1], [1])];
        var overlaid = new Figure("", clouds).ToText(60);
        Assert.Contains("A low, B high", overlaid, StringComparison.Ordinal);
        Assert.Contains(overlaid.Split('\n'), l => l.EndsWith('B') && l.Contains('│', StringComparison.Ordinal));
        var stacked = new Figure("", clouds, arrangement: Arrangement.Stacked).ToText(60).Split('\n');
        Assert.Equal(2, stacked.Count(l => l.Contains('└', StringComparison.Ordinal)));
    }

    [Fact]
    public void Plotly_Points_AreMarkersAndMoreThanItTakesAreThinnedAndSaid()
    {
        var trace = JsonDocument.Parse(new Figure("", [Cloud("a", 30, 1)]).ToPlotlyJson()).RootElement.GetProperty("data")[0];
        Assert.Equal(("scatter", "markers"), (trace.GetProperty("type").GetString(), trace.GetProperty("mode").GetString()));
        Assert.Equal("a7", trace.GetProperty("customdata")[7].GetString());
        var many = JsonDocument.Parse(new Figure("", [Cloud("a", 50_000, 1)]).ToPlotlyJson()).RootElement.GetProperty("data")[0];
        Assert.Equal("scattergl", many.GetProperty("type").GetString());
        Assert.Equal(20_000, many.GetProperty("x").GetArrayLength());
        Assert.Contains("20,000 of 50,000 points", many.GetProperty("hovertemplate").GetString(), StringComparison.Ordinal);
        Assert.True(many.GetProperty("marker").GetProperty("opacity").GetDouble() < trace.GetProperty("marker").GetProperty("opacity").GetDouble());
    }

    [Fact]
    public void New_ListsThatDoNotFit_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new ScatterTrace("a", [1], [1, 2]));
        Assert.Throws<ArgumentException>(() => new ScatterTrace("a", [1], [1], ["x", "y"]));
    }
}
