using System.Xml.Linq;
using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

public class BarTraceTests
{
    private static readonly (string, double)[] s_differences = [("863", 15), ("801", -12), ("740", 7.5), ("305", -3)];

    private static XElement Bar(XElement root, string hover) =>
        root.Descendants(SvgReading.Svg + "rect").First(r => (string?)r.Element(SvgReading.Svg + "title") == hover);

    [Fact]
    public void TopDifferences_Bars_AreProportionalAndPointTheirWay()
    {
        var root = SvgReading.Parse(FeatureChart.TopDifferences("top", s_differences).ToSvg());
        var (first, second, third) = (Bar(root, "863: +15.0"), Bar(root, "801: -12.0"), Bar(root, "740: +7.5"));
        var unit = SvgReading.Number(first, "width") / 15;
        Assert.True(unit > 5);
        Assert.Equal(unit * 12, SvgReading.Number(second, "width"), 0.05);
        Assert.Equal(unit * 7.5, SvgReading.Number(third, "width"), 0.05);
        // Bars below zero end where bars above zero start.
        var zero = SvgReading.Number(first, "x");
        Assert.Equal(zero, SvgReading.Number(second, "x") + SvgReading.Number(second, "width"), 0.05);
        Assert.Equal(zero, SvgReading.Number(third, "x"), 0.05);
        Assert.NotEqual((string?)first.Attribute("class"), (string?)second.Attribute("class"));
        Assert.Equal((string?)first.Attribute("class"), (string?)third.Attribute("class"));
    }

    [Fact]
    public void TopDifferences_FirstBar_IsOnTop()
    {
        var root = SvgReading.Parse(FeatureChart.TopDifferences("top", s_differences).ToSvg());
        Assert.True(SvgReading.Number(Bar(root, "863: +15.0"), "y") < SvgReading.Number(Bar(root, "801: -12.0"), "y"));
        Assert.Equal(SvgReading.Number(SvgReading.TextElement(root, "801"), "y"), SvgReading.Number(SvgReading.TextElement(root, "-12.0"), "y"), 0.5);
    }

    [Fact]
    public void TopDifferences_SameLabelTwice_DrawsBoth()
    {
        var root = SvgReading.Parse(FeatureChart.TopDifferences("top", [("x", 2), ("x", 1)]).ToSvg());
        Assert.NotEqual(SvgReading.Number(Bar(root, "x: 2"), "y"), SvgReading.Number(Bar(root, "x: 1"), "y"));
    }

    [Fact]
    public void TopDifferences_Text_BarsAreProportionalOnBothSides()
    {
        var lines = FeatureChart.TopDifferences("top", s_differences).ToText(80).Split('\n');
        string Line(string label) => lines.Single(l => l.StartsWith(label, StringComparison.Ordinal));
        Assert.EndsWith("+15.0", Line("863"), StringComparison.Ordinal);
        Assert.EndsWith("-12.0", Line("801"), StringComparison.Ordinal);
        Assert.DoesNotContain('█', Line("801"));
        Assert.Equal(15 / 7.5, Line("863").Count(c => c is '█') / (double)Line("740").Count(c => c is '█'), 0.2);
        Assert.Equal(12 / 3.0, Line("801").Count(c => c is '▒') / (double)Line("305").Count(c => c is '▒'), 0.5);
        Assert.Equal(Line("863").IndexOf('│', StringComparison.Ordinal), Line("801").IndexOf('│', StringComparison.Ordinal));
    }

    [Fact]
    public void TopDifferences_NaN_LeavesPlaceEmptyAndIsCounted()
    {
        var figure = FeatureChart.TopDifferences("top", [("a", 1), ("b", double.NaN), ("c", double.NegativeInfinity)]);
        var root = SvgReading.Parse(figure.ToSvg());
        Assert.Single(root.Descendants(SvgReading.Svg + "rect"), r => r.Element(SvgReading.Svg + "title") is not null);
        Assert.Contains("Not drawn — skipped 1 NaN, 1 infinite", SvgReading.Texts(root));
        Assert.Contains("(skipped 1 NaN, 1 infinite)", figure.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void TopDifferences_Nothing_SaysNoData()
    {
        var figure = FeatureChart.TopDifferences("top", []);
        Assert.Contains("no data", SvgReading.Texts(SvgReading.Parse(figure.ToSvg())));
        Assert.Contains("no data", figure.ToText(), StringComparison.Ordinal);
    }

    [Theory, InlineData(0), InlineData(-4.5), InlineData(1e-320), InlineData(1e299), InlineData(-1e299)]
    public void TopDifferences_SingleValue_IsDrawn(double value)
    {
        var figure = FeatureChart.TopDifferences("top", [("only", value)]);
        var root = SvgReading.Parse(figure.ToSvg());
        Assert.Contains("only", SvgReading.Texts(root));
        Assert.Contains("only", figure.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void TopDifferences_ManyBars_AreCutAndCounted()
    {
        var figure = FeatureChart.TopDifferences("top", [.. Enumerable.Range(0, 5000).Select(i => ($"f{i}", (double)i + 1))]);
        var root = SvgReading.Parse(figure.ToSvg());
        Assert.Contains(SvgReading.Texts(root), t => t.Contains("the first 200 of 5,000 bars", StringComparison.Ordinal));
        Assert.Equal(200, root.Descendants(SvgReading.Svg + "rect").Count(r => r.Element(SvgReading.Svg + "title") is not null));
    }

    [Fact]
    public void VerticalBars_TwoTraces_StandSideBySide()
    {
        var figure = new Figure("", [new BarTrace("a", ["x", "y"], [4, 2]), new BarTrace("b", ["x", "y"], [1, -1])]);
        var root = SvgReading.Parse(figure.ToSvg());
        var bars = root.Descendants(SvgReading.Svg + "rect").Where(r => r.Element(SvgReading.Svg + "title") is not null).ToList();
        Assert.Equal(4, bars.Count);
        Assert.Equal(4.0, SvgReading.Number(bars[0], "height") / SvgReading.Number(bars[2], "height"), 2);
        Assert.Equal(SvgReading.Number(bars[0], "x") + SvgReading.Number(bars[0], "width"), SvgReading.Number(bars[2], "x"), 0.05);
        Assert.Contains("b", SvgReading.Texts(root));
    }

    [Fact]
    public void Figure_BarsThatCannotShareAxes_Throws()
    {
        var error = Assert.Throws<ArgumentException>(() => new Figure("", [new BarTrace("a", ["x"], [1]), new BarTrace("b", ["x", "y"], [1, 2])]));
        Assert.Contains("'a' (1)", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Figure("", [new BarTrace("a", ["x"], [1]), new BarTrace("b", ["x"], [1], horizontal: true)]));
        Assert.Throws<ArgumentException>(() => new Figure("", [new BarTrace("a", ["x"], [1], horizontal: true)], arrangement: Arrangement.Stacked));
    }

    [Fact]
    public void BarTrace_ListsOfDifferentLength_Throws() => Assert.Throws<ArgumentException>(() => new BarTrace("a", ["x"], [1, 2]));
}
