using System.Text.Json;
using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

public class PlotlyJsonTests
{
    private static JsonElement Parse(Figure figure)
    {
        var root = JsonDocument.Parse(figure.ToPlotlyJson()).RootElement;
        Assert.Equal(["data", "layout"], root.EnumerateObject().Select(p => p.Name));
        var layout = root.GetProperty("layout");
        Assert.Equal(JsonValueKind.String, layout.GetProperty("title").GetProperty("text").ValueKind);
        foreach (var axis in layout.EnumerateObject().Where(p => p.Name.StartsWith("xaxis", StringComparison.Ordinal) || p.Name.StartsWith("yaxis", StringComparison.Ordinal)))
        {
            Assert.Equal(JsonValueKind.String, axis.Value.GetProperty("title").GetProperty("text").ValueKind);
            Assert.False(axis.Value.TryGetProperty("titlefont", out _));
        }

        foreach (var trace in root.GetProperty("data").EnumerateArray())
        {
            Assert.True(trace.GetProperty("type").GetString() is "scatter" or "bar");
            var count = trace.GetProperty("x").GetArrayLength();
            Assert.Equal(count, trace.GetProperty("y").GetArrayLength());
            foreach (var parallel in (string[])["customdata", "text"])
            {
                if (trace.TryGetProperty(parallel, out var list))
                    Assert.Equal(count, list.GetArrayLength());
            }

            var axis = trace.GetProperty("yaxis").GetString()!;
            Assert.True(layout.TryGetProperty("yaxis" + axis[1..], out _), axis);
        }

        return root;
    }

    private static double?[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(v => v.ValueKind is JsonValueKind.Null ? (double?)null : v.GetDouble())];

    [Fact]
    public void Stems_Sparse_AreBrokenLinesThroughZero()
    {
        var values = new float[131_072];
        (values[7], values[100_000]) = (14.94f, -2.5f);
        var figure = FeatureChart.Lines("two", [("a", values), ("b", new float[131_072])]);
        Assert.InRange(figure.ToPlotlyJson().Length, 200, 3000);
        var trace = Parse(figure).GetProperty("data")[0];
        Assert.Equal([7, 7, null, 100_000, 100_000, null], Numbers(trace.GetProperty("x")));
        Assert.Equal([0, 14.94, null, 0, -2.5, null], Numbers(trace.GetProperty("y")));
        Assert.Equal([14.94, 14.94, null, -2.5, -2.5, null], Numbers(trace.GetProperty("customdata")));
        Assert.Equal("lines", trace.GetProperty("mode").GetString());
        Assert.Equal("feature %{x:d}: %{customdata:.4~g}<extra>%{fullData.name}</extra>", trace.GetProperty("hovertemplate").GetString());
    }

    [Fact]
    public void Stems_Dense_KeepTheLargestOnly()
    {
        var values = Enumerable.Range(0, 131_072).Select(i => 1f + i / 131_072f).ToArray();
        var figure = FeatureChart.Lines("dense", [("a", values)]);
        Assert.InRange(figure.ToPlotlyJson().Length, 10_000, 400_000);
        var x = Numbers(Parse(figure).GetProperty("data")[0].GetProperty("x"));
        Assert.Equal(131_071, x.Max());
        Assert.Equal(131_072 - 5000, x.Min());
    }

    [Fact]
    public void Stacked_Rows_HaveTheirOwnAxesFromTopToBottom()
    {
        var layout = Parse(FeatureChart.Lines("three", [("a", [1f, 2f]), ("b", [1f, 1f]), ("c", [-1f, 1f])])).GetProperty("layout");
        var domains = new[] { "yaxis", "yaxis2", "yaxis3" }.Select(a => Numbers(layout.GetProperty(a).GetProperty("domain"))).ToList();
        Assert.Equal(1, domains[0][1]);
        Assert.Equal(0, domains[2][0]);
        Assert.True(domains[0][0] > domains[1][1] && domains[1][0] > domains[2][1]);
        Assert.Equal("y3", layout.GetProperty("xaxis").GetProperty("anchor").GetString());
    }

    [Fact]
    public void HorizontalBars_Labels_AreTicksAndFirstIsOnTop()
    {
        var root = Parse(FeatureChart.TopDifferences("top", [("same", 2), ("same", -1)]));
        var trace = root.GetProperty("data")[0];
        Assert.Equal("h", trace.GetProperty("orientation").GetString());
        Assert.Equal([2, -1], Numbers(trace.GetProperty("x")));
        Assert.Equal([0, 1], Numbers(trace.GetProperty("y")));
        var axis = root.GetProperty("layout").GetProperty("yaxis");
        Assert.Equal(["same", "same"], axis.GetProperty("ticktext").EnumerateArray().Select(t => t.GetString()!));
        Assert.Equal([1.5, -0.5], Numbers(axis.GetProperty("range")));
        var colours = trace.GetProperty("marker").GetProperty("color");
        Assert.NotEqual(colours[0].GetString(), colours[1].GetString());
    }

    [Fact]
    public void Line_NaN_BecomesNull()
    {
        var trace = Parse(new Figure("", [new LineTrace("a", [0, 1, 2], [1, double.NaN, double.PositiveInfinity], ["p", "q", "r"])])).GetProperty("data")[0];
        Assert.Equal([1, null, null], Numbers(trace.GetProperty("y")));
        Assert.StartsWith("%{customdata}", trace.GetProperty("hovertemplate").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_TagsAndTemplates_AreNotInterpreted()
    {
        const string Hostile = "<b>%{x}</b>&\u0000\ud800";
        var root = Parse(new Figure(Hostile, [new StemTrace(Hostile, [1], [2f], 4, Hostile, [Hostile]), new LineTrace(Hostile, [1], [1], [Hostile])], new Axis(Hostile)));
        void Check(JsonElement element)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (var property in element.EnumerateObject())
                        Check(property.Value);
                    break;
                case JsonValueKind.Array:
                    foreach (var item in element.EnumerateArray())
                        Check(item);
                    break;
                case JsonValueKind.String:
                    Assert.DoesNotContain("<b>", element.GetString(), StringComparison.Ordinal);
                    Assert.DoesNotContain("%{x}", element.GetString(), StringComparison.Ordinal);
                    Assert.DoesNotContain('\0', element.GetString()!);
                    break;
                default:
                    break;
            }
        }

        Check(root);
        Assert.DoesNotContain("<", new Figure(Hostile, []).ToPlotlyJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Figure_NoTraces_IsStillAFigure() => Assert.Equal(0, Parse(new Figure("", [])).GetProperty("data").GetArrayLength());
}
