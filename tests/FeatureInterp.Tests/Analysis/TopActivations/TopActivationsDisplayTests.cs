using System.Text.Json;
using FeatureInterp.Analysis;
using FeatureInterp.Display;

namespace FeatureInterp.Tests;

/// <summary>How largest activations look, and what the embedded pair's tokenizer does to them.</summary>
public class TopActivationsDisplayTests
{
    private const string Text = "The wolf said to the little girl: where are you going? The wolf ran on before her.";

    private static readonly TopActivationsResult Result = TopActivations.Run(
        EmbeddedPair.Model, EmbeddedPair.Sae, Text, new() { Examples = 3, RowLength = 9 });

    private static FeatureActivations Busiest => Result.Features.MaxBy(f => f.Fired)!;

    [Fact]
    public void Run_Text_PassesOverTheBeginningOfSequence()
    {
        var tokens = EmbeddedPair.Model.RequireTokenizer().ToTokens(Text, prependBos: false).Length;
        Assert.Equal((tokens, Result.Rows), (Result.Tokens, Result.Excluded));
        Assert.Equal((tokens + 7) / 8, Result.Rows);
        Assert.All(Result.Features.SelectMany(f => f.Examples), e => Assert.NotEqual(0, e.Position));
        Assert.StartsWith("every prompt", Result.Provenance.BosPolicy);

        var all = TopActivations.Run(EmbeddedPair.Model, EmbeddedPair.Sae, Text, new() { RowLength = 9, ExcludeSpecialTokens = false });
        Assert.Equal((tokens + Result.Rows, 0), (all.Tokens, all.Excluded));
        Assert.Contains(all.Features.SelectMany(f => f.Examples), e => e.Position == 0 && e.Token == "<bos>");
    }

    [Fact]
    public void Run_TextShorterThanARow_IsOneRow()
    {
        var result = TopActivations.Run(EmbeddedPair.Model, EmbeddedPair.Sae, "The wolf");
        Assert.Equal(1, result.Rows);
        Assert.True(result.Tokens < 5);
        Assert.Contains(result.Features, f => f.Fired > 0);
    }

    [Fact]
    public void Run_EmptyText_IsRefused() =>
        Assert.Contains("no text", Assert.Throws<AnalysisException>(() => TopActivations.Run(EmbeddedPair.Model, EmbeddedPair.Sae, "")).Message);

    [Fact]
    public void Run_RowsOfWhichSomeBeginOtherwise_SaysHowMany()
    {
        var result = TopActivations.Run(EmbeddedPair.Model, EmbeddedPair.Sae, (int[][])[[2, 300, 301], [300, 301], [2, 400]], new() { Features = [1] });
        Assert.Contains("only 2 of 3", result.Provenance.BosPolicy);
    }

    [Fact]
    public void Feature_Text_HasExamplesAndNumbers()
    {
        var text = Busiest.ToText(90);
        Assert.Contains($"Feature {Busiest.Feature}", text);
        var first = Busiest.Examples[0];
        Assert.Contains($"|{first.Token.Replace("\n", "↵", StringComparison.Ordinal)}|", text);
        Assert.Contains($"{Busiest.Fired:N0} of {Busiest.Tokens:N0}", text);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 90, line));
    }

    [Fact]
    public void Feature_NeverFired_SaysSo()
    {
        var dead = Result[Result.Dead[0]];
        Assert.Contains("never fired", dead.ToText());
        Assert.Contains("never fired", dead.ToSvg());
        Assert.Equal((0f, 0.0, 0), (dead.Max, dead.Density, dead.Examples.Count));
        Assert.Contains("no places", dead.Contexts().ToText());
        Assert.Contains("no data", dead.HistogramFigure().ToText());
    }

    [Fact]
    public void Result_AllFeatures_DrawsDensities()
    {
        var text = Result.ToText();
        Assert.Contains($"{Result.Dead.Count:N0} never fired", text);
        Assert.Contains("provenance", text);
        Assert.Contains("How often features fire", Result.ToSvg());
        using var plotly = JsonDocument.Parse(Result.DensityFigure().ToPlotlyJson());
        var counts = plotly.RootElement.GetProperty("data")[0].GetProperty("y").EnumerateArray().Sum(y => y.GetInt32());
        Assert.Equal(Result.Features.Count - Result.Dead.Count, counts);
    }

    [Fact]
    public void Result_ManyChosen_DrawsSomeAndCountsTheRest()
    {
        var result = TopActivations.Run(EmbeddedPair.Model, EmbeddedPair.Sae, Text, new() { Features = [.. Enumerable.Range(100, 11)] });
        var text = result.ToText();
        Assert.Contains("Feature 107", text);
        Assert.DoesNotContain("Feature 108", text);
        Assert.Contains("3 more features", text);
    }
}
