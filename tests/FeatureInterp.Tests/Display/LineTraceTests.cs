using System.Globalization;
using System.Xml.Linq;
using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

public class LineTraceTests
{
    private static (char Pen, double X, double Y)[] Points(XElement root)
    {
        var data = (string)root.Descendants(SvgReading.Svg + "path").First().Attribute("d")!;
        return [.. System.Text.RegularExpressions.Regex.Matches(data, @"([ML])([0-9.-]+) ([0-9.-]+)").Select(m =>
            (m.Groups[1].Value[0], double.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture), double.Parse(m.Groups[3].Value, CultureInfo.InvariantCulture)))];
    }

    private static double[] Range(int count) => [.. Enumerable.Range(0, count).Select(i => (double)i)];

    [Fact]
    public void Line_Points_AreLinearInTheData()
    {
        var points = Points(SvgReading.Parse(new Figure("", [new LineTrace("a", [0, 1, 4], [2, 4, 3])]).ToSvg()));
        Assert.Equal(0.25, (points[1].X - points[0].X) / (points[2].X - points[0].X), 3);
        Assert.Equal(0.5, (points[2].Y - points[0].Y) / (points[1].Y - points[0].Y), 2);
        Assert.True(points[1].Y < points[0].Y);
    }

    [Fact]
    public void Line_NaN_BreaksTheLineAndIsCounted()
    {
        var figure = new Figure("", [new LineTrace("a", Range(5), [1, 2, double.NaN, 3, double.PositiveInfinity])]);
        Assert.Equal("MLM", string.Concat(Points(SvgReading.Parse(figure.ToSvg())).Select(p => p.Pen)));
        Assert.Contains("(skipped 1 NaN, 1 infinite)", figure.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Line_ManyPoints_KeepsSpikesAndStaysSmall()
    {
        var y = new double[1_000_000];
        y[123_456] = 9;
        y[654_321] = -9;
        var svg = new Figure("", [new LineTrace("a", Range(y.Length), y)]).ToSvg();
        Assert.InRange(svg.Length, 1000, 60_000);
        var points = Points(SvgReading.Parse(svg));
        var (left, right) = (points.Min(p => p.X), points.Max(p => p.X));
        Assert.Equal(0.123456, (points.MinBy(p => p.Y).X - left) / (right - left), 3);
        Assert.Equal(0.654321, (points.MaxBy(p => p.Y).X - left) / (right - left), 3);
    }

    [Fact]
    public void Line_CategoryAxis_ShowsTokensWithTheirSpaces()
    {
        var figure = new Figure("", [new LineTrace("loss", Range(3), [1, 3, 2])], new Axis("token", Categories: ["the", " cat", "\n"]));
        Assert.Superset(new HashSet<string> { "the", "␣cat", "↵" }, SvgReading.Texts(SvgReading.Parse(figure.ToSvg())).ToHashSet());
    }

    [Fact]
    public void Line_ChosenRange_CutsTheLine()
    {
        var figure = new Figure("", [new LineTrace("a", Range(3), [0, 10, 0])], yAxis: new Axis(Minimum: 0, Maximum: 5));
        var root = SvgReading.Parse(figure.ToSvg());
        var window = root.Descendants(SvgReading.Svg + "svg").Single();
        var tick = SvgReading.TextElement(root, "5.0");
        Assert.Equal(SvgReading.Number(window, "y"), SvgReading.Number(tick, "y") - 4, 0.1);
    }

    [Fact]
    public void Line_HoverLabels_NameThePoints()
    {
        var figure = new Figure("", [new LineTrace("a", Range(2), [1, 2], ["start", " end"])]);
        Assert.Contains("␣end: 2", SvgReading.Hovers(SvgReading.Parse(figure.ToSvg())));
        Assert.Contains("max 2 at ␣end", figure.ToText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3.0, 3.0)]
    [InlineData(4.0, 3.0)]
    [InlineData(double.NaN, null)]
    public void Axis_EmptyRange_Throws(double? minimum, double? maximum) =>
        Assert.Throws<ArgumentException>(() => new Figure("", [], new Axis(Minimum: minimum, Maximum: maximum)));

    [Fact]
    public void LineTrace_ListsOfDifferentLength_Throws()
    {
        Assert.Throws<ArgumentException>(() => new LineTrace("a", [1], [1, 2]));
        Assert.Throws<ArgumentException>(() => new LineTrace("a", [1], [1], ["x", "y"]));
    }

    [Theory]
    [InlineData(0, 1, 5, "0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(-7, 19, 5, "-5 0 5 10 15")]
    [InlineData(0, 131071, 7, "0 20000 40000 60000 80000 100000 120000")]
    [InlineData(0.012, 0.018, 3, "0.012 0.014 0.016 0.018")]
    public void Ticks_Range_AreRoundAndInside(double min, double max, int wanted, string expected) =>
        Assert.Equal(expected, string.Join(' ', Scale.Ticks(new Interval(min, max), wanted).Select(t => t.Label)));
}
