using System.Text.Json;
using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

public class HistogramTraceTests
{
    [Fact]
    public void Of_Values_FallBetweenWholeMultiplesOfTheWidth()
    {
        var trace = HistogramTrace.Of("", [-1.0, -0.99, -0.5, 0, 0.49, 1.5, double.NaN, double.NegativeInfinity], 0.5);
        Assert.Equal((-1.0, 0.5), (trace.Start, trace.BinWidth));
        Assert.Equal([2, 1, 2, 0, 0, 1], trace.Counts);
    }

    [Fact]
    public void Svg_Bars_AreAsHighAsTheirCountsAndStandWhereTheirBinsAre()
    {
        var root = SvgReading.Parse(new Figure("", [new HistogramTrace("", 2, 1, [4, 0, 8])]).ToSvg());
        var bars = root.Descendants(SvgReading.Svg + "rect").Where(r => r.Element(SvgReading.Svg + "title") is not null).ToList();
        Assert.Equal(["2 to 3: 4", "4 to 5: 8"], bars.Select(b => b.Element(SvgReading.Svg + "title")!.Value));
        Assert.Equal(2, SvgReading.Number(bars[1], "height") / SvgReading.Number(bars[0], "height"), 2);
        Assert.Equal(SvgReading.Number(bars[0], "width"), SvgReading.Number(bars[1], "width"), 1);
        // One empty bin between them.
        Assert.Equal(2 * (SvgReading.Number(bars[0], "width") + 1), SvgReading.Number(bars[1], "x") - SvgReading.Number(bars[0], "x"), 1);
    }

    [Fact]
    public void Height_OfAFigure_IsKept()
    {
        double Height(int? h) => SvgReading.Number(SvgReading.Parse(new Figure("", [new HistogramTrace("", 0, 1, [1])], height: h).ToSvg()), "height");
        Assert.Equal(150, Height(300) - Height(150), 0);
        Assert.Equal(Height(null), Height(300));
        Assert.Throws<ArgumentOutOfRangeException>(() => Height(59));
        Assert.Throws<ArgumentOutOfRangeException>(() => Height(2001));
    }

    [Fact]
    public void Plotly_HasBarsAsWideAsBins()
    {
        using var json = JsonDocument.Parse(new Figure("", [new HistogramTrace("", 2, 1, [4, 0, 8])]).ToPlotlyJson());
        var data = json.RootElement.GetProperty("data")[0];
        Assert.Equal([2.5, 3.5, 4.5], data.GetProperty("x").EnumerateArray().Select(v => v.GetDouble()));
        Assert.Equal([4, 0, 8], data.GetProperty("y").EnumerateArray().Select(v => v.GetInt32()));
        Assert.Equal(1, data.GetProperty("width").GetDouble());
    }

    [Fact]
    public void Text_TellsTheFullestBinAndDrawsIt()
    {
        var text = new Figure("", [new HistogramTrace("", 0, 0.5, [1, 1000, 500])]).ToText(40).Split('\n');
        Assert.Equal("1,501 in 3 bins of 0.5, most in 0.5 to", text[0]);
        Assert.StartsWith("1000 │", text[2]);
        // The tallest third is in the middle.
        Assert.InRange(text[2].IndexOf('█'), 15, 20);
        Assert.Contains("└0", text[^1]);
        Assert.EndsWith("1.5", text[^1]);
    }

    [Fact]
    public void NoCounts_SaySo()
    {
        Assert.Contains("no data", new Figure("", [new HistogramTrace("", 0, 1, [])]).ToText());
        Assert.Contains("no data", SvgReading.Texts(SvgReading.Parse(new Figure("", [HistogramTrace.Of("", [], 1)]).ToSvg())));
        Assert.Contains("no data", new Figure("", [new HistogramTrace("", 0, 1, [0])]).ToText());
    }

    [Fact]
    public void Densities_DeadFeatures_AreCountedInTheTitle()
    {
        var figure = FeatureChart.Densities("How often", [0.1, 0.01, 0.011, 0, 0]);
        Assert.Equal("How often (5 features, 2 never fired)", figure.Title);
        var trace = Assert.IsType<HistogramTrace>(Assert.Single(figure.Traces));
        Assert.Equal(3, trace.Counts.Sum());
        Assert.Equal((-2.0, 0.25), (trace.Start, trace.BinWidth));
        var always = FeatureChart.Densities("x", [1]);
        Assert.Contains("each fired", always.Title);
        Assert.Equal(-0.25, ((HistogramTrace)always.Traces[0]).Start);
    }

    [Fact]
    public void Arguments_ThatMakeNoSense_Throw()
    {
        Assert.Throws<ArgumentException>(() => new HistogramTrace("", 0, 0, [1]));
        Assert.Throws<ArgumentException>(() => new HistogramTrace("", double.NaN, 1, [1]));
        Assert.Throws<ArgumentException>(() => new HistogramTrace("", 0, 1, [-1]));
        Assert.Throws<ArgumentException>(() => new HistogramTrace("", 0, 1, new long[1001]));
        Assert.Throws<ArgumentException>(() => HistogramTrace.Of("", [0, 1e6], 1));
        Assert.Throws<ArgumentException>(() => HistogramTrace.Of("", [1], double.NaN));
        Assert.Throws<ArgumentException>(() => new Figure("", [new HistogramTrace("", 0, 1, [1]), new HistogramTrace("", 0, 1, [1])]));
    }
}
