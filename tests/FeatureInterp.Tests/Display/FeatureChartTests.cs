using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

public class FeatureChartTests
{
    private static float[] Sparse(int length, params (int Index, float Value)[] values)
    {
        var dense = new float[length];
        foreach (var (index, value) in values)
            dense[index] = value;
        return dense;
    }

    private static Figure Contrast()
    {
        var first = Sparse(2048, (305, 13.97f), (1862, 19.99f), (863, 2.02f));
        var second = Sparse(2048, (305, 4.05f), (1862, 19.08f), (863, 16.96f));
        return FeatureChart.Lines("a against b", [("a", first), ("b", second), ("b − a", [.. second.Zip(first, (s, f) => s - f)])]);
    }

    [Fact]
    public void Lines_KnownFeature_HoverNamesFeatureAndValue()
    {
        var hovers = SvgReading.Hovers(SvgReading.Parse(Contrast().ToSvg()));
        Assert.Contains("feature 863: 14.94", hovers);
        Assert.Contains("feature 305: -9.92", hovers);
    }

    [Fact]
    public void Lines_KnownFeatures_StandAtTheirIndex()
    {
        var root = SvgReading.Parse(Contrast().ToSvg());
        // Three stems of one row fix the scale: x must be linear in the index.
        var x305 = SvgReading.Stem(root, "feature 305: 13.97").X;
        var x863 = SvgReading.Stem(root, "feature 863: 2.02").X;
        var x1862 = SvgReading.Stem(root, "feature 1862: 19.99").X;
        Assert.Equal((863 - 305) / (double)(1862 - 305), (x863 - x305) / (x1862 - x305), 3);
        // And it agrees with the tick labels below.
        var (low, high) = (SvgReading.TextElement(root, "400"), SvgReading.TextElement(root, "1600"));
        var perFeature = (SvgReading.Number(high, "x") - SvgReading.Number(low, "x")) / 1200;
        Assert.Equal(SvgReading.Number(low, "x") + (863 - 400) * perFeature, x863, 0.05);
        Assert.Equal(x863, SvgReading.Stem(root, "feature 863: 14.94").X, 0.011);
    }

    [Fact]
    public void Lines_StackedRows_ShareOneScale()
    {
        var root = SvgReading.Parse(Contrast().ToSvg());
        double PerUnit(string hover, double value)
        {
            var (_, from, to) = SvgReading.Stem(root, hover);
            return (from - to) / value;
        }

        var unit = PerUnit("feature 1862: 19.99", 19.99);
        Assert.True(unit > 1);
        Assert.Equal(unit, PerUnit("feature 863: 16.96", 16.96), 0.01);
        Assert.Equal(unit, PerUnit("feature 863: 14.94", 14.94), 0.01);
        Assert.Equal(unit, PerUnit("feature 305: -9.92", -9.92), 0.01);
    }

    [Fact]
    public void Lines_LargestFeatures_AreLabelled()
    {
        var texts = SvgReading.Texts(SvgReading.Parse(Contrast().ToSvg()));
        Assert.Equal(3, texts.Count(t => t is "863"));
        Assert.Equal(3, texts.Count(t => t is "305"));
        Assert.Equal(3, texts.Count(t => t is "1862"));
        Assert.Contains("b − a", texts);
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(3, 800)]
    [InlineData(8, 1)]
    public void Lines_ManyFeatures_StaySmallAndKeepExtremes(int series, int oneIn)
    {
        var random = new Random(5);
        var values = Enumerable.Range(0, 131_072).Select(_ => random.Next(oneIn) is 0 ? (float)(random.NextDouble() * 20 - 10) : 0f).ToArray();
        values[100_001] = 33.5f;
        values[100_002] = -31.25f;
        var svg = FeatureChart.Lines("large", [.. Enumerable.Range(0, series).Select(i => ($"series {i}", (IReadOnlyList<float>)values))]).ToSvg();
        Assert.InRange(svg.Length, 1000, 150_000);
        var hovers = SvgReading.Hovers(SvgReading.Parse(svg));
        Assert.Contains("feature 100001: 33.5", hovers);
        Assert.Contains("feature 100002: -31.25", hovers);
    }

    [Fact]
    public void Lines_Dense_EveryPixelColumnKeepsItsMinimumAndMaximum()
    {
        // Each block of 100 has one high and one low value at known places; all others are small.
        var values = Enumerable.Range(0, 60_000).Select(i => (i % 100) switch { 40 => 5f, 60 => -4f, _ => 0.5f }).ToArray();
        var root = SvgReading.Parse(FeatureChart.Lines("dense", [("x", values)]).ToSvg());
        var stems = root.Descendants(SvgReading.Svg + "path").Where(p => p.Attribute("stroke-opacity") is null)
            .SelectMany(p => ((string)p.Attribute("d")!).Split('M', StringSplitOptions.RemoveEmptyEntries))
            .Select(s => double.Parse(s.Split('V')[1], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        var (top, bottom) = (stems.Min(), stems.Max());
        // 600 blocks on about 700 columns: no block's extremes may vanish.
        Assert.Equal(600, stems.Count(y => y == top));
        Assert.Equal(600, stems.Count(y => y == bottom));
    }

    [Fact]
    public void Lines_AllZero_SaysSo()
    {
        var figure = FeatureChart.Lines("none", [("a", new float[2048])]);
        Assert.Contains("all zero", SvgReading.Texts(SvgReading.Parse(figure.ToSvg())));
        Assert.Contains("a: 2,048 features, all zero", figure.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_NoFeatures_SaysNoData()
    {
        var figure = FeatureChart.Lines("none", [("a", [])]);
        Assert.Contains("no data", SvgReading.Texts(SvgReading.Parse(figure.ToSvg())));
        Assert.Contains("a: no data", figure.ToText(), StringComparison.Ordinal);
        Assert.Contains("no data", SvgReading.Texts(SvgReading.Parse(FeatureChart.Lines("none", []).ToSvg())));
    }

    [Fact]
    public void Lines_NaNAndInfinity_AreSkippedAndCounted()
    {
        var figure = FeatureChart.Lines("broken", [("a", Sparse(64, (3, float.NaN), (4, float.PositiveInfinity), (5, 2f), (6, float.NegativeInfinity)))]);
        var root = SvgReading.Parse(figure.ToSvg());
        Assert.Contains("feature 5: 2", SvgReading.Hovers(root));
        Assert.Contains("Not drawn — a: skipped 1 NaN, 2 infinite", SvgReading.Texts(root));
        var text = figure.ToText();
        Assert.Contains("(skipped 1 NaN, 2 infinite)", text, StringComparison.Ordinal);
        Assert.Contains("1 of 64 features not zero", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_Text_TellsCountRangeAndLargest()
    {
        var text = Contrast().ToText();
        Assert.Contains("a: 3 of 2,048 features not zero, from 2.02 to 19.99", text, StringComparison.Ordinal);
        Assert.Contains("largest  1862: 19.99, 305: 13.97, 863: 2.02", text, StringComparison.Ordinal);
        Assert.Contains("largest  863: 14.94, 305: -9.92, 1862: -0.91", text, StringComparison.Ordinal);
        Assert.Contains("█", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_AllNegative_HangFromZero()
    {
        var root = SvgReading.Parse(FeatureChart.Lines("down", [("a", Sparse(32, (7, -3f), (9, -1f)))]).ToSvg());
        var (_, from, to) = SvgReading.Stem(root, "feature 7: -3");
        var (_, otherFrom, otherTo) = SvgReading.Stem(root, "feature 9: -1");
        Assert.True(to > from);
        Assert.Equal(from, otherFrom);
        Assert.Equal(3, (to - from) / (otherTo - otherFrom), 2);
    }

    [Fact]
    public void Lines_SingleFeature_IsDrawn()
    {
        var root = SvgReading.Parse(FeatureChart.Lines("one", [("a", [2.5f])]).ToSvg());
        Assert.Contains("feature 0: 2.5", SvgReading.Hovers(root));
    }

    [Fact]
    public void Lines_SameInput_SameBytes() => Assert.Equal(Contrast().ToSvg() + Contrast().ToText() + Contrast().ToPlotlyJson(), Contrast().ToSvg() + Contrast().ToText() + Contrast().ToPlotlyJson());

    [Theory, InlineData(-1), InlineData(8)]
    public void StemTrace_IndexOutsideLength_Throws(int index)
    {
        var error = Assert.Throws<ArgumentException>(() => new StemTrace("a", [0, index], [1f, 1f], 8));
        Assert.Contains($"index {index}", error.Message, StringComparison.Ordinal);
        Assert.Contains("0 to 7", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void StemTrace_ListsOfDifferentLength_Throws()
    {
        Assert.Throws<ArgumentException>(() => new StemTrace("a", [0, 1], [1f], 8));
        Assert.Throws<ArgumentException>(() => new StemTrace("a", [0, 1], [1f, 2f], 8, descriptions: ["one"]));
    }

    [Fact]
    public void StemTrace_Descriptions_AppearInHover()
    {
        var figure = new Figure("", [new StemTrace("a", [3], [1.5f], 8, descriptions: ["digits <5>"])]);
        Assert.Contains("feature 3: 1.5 — digits <5>", SvgReading.Hovers(SvgReading.Parse(figure.ToSvg())));
    }
}
