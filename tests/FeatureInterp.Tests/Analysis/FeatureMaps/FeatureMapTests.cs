using System.Text.Json;
using FeatureInterp.Analysis;
using FeatureInterp.Display;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

public class FeatureMapTests
{
    private const string Text = "The wolf said to the little girl";

    private static readonly Transformer Model = EmbeddedPair.Model;
    private static readonly SparseAutoencoder Sae = EmbeddedPair.Sae;

    // Every feature at every token, from SAELens's hook inside the whole run.
    private static float[,] Dense(int[] tokens)
    {
        var acts = Model.Run(tokens, capture: "*.hook_sae_acts_post", splice: [Sae.Splice()]).Activations[$"{Sae.Config.Hook}.hook_sae_acts_post"][0];
        var dense = new float[tokens.Length, Sae.Config.DSae];
        for (var t = 0; t < tokens.Length; t++)
        {
            for (var f = 0; f < Sae.Config.DSae; f++)
                dense[t, f] = acts[t, f];
        }

        return dense;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_TopFeatures_AreThoseWithTheLargestActivationAnywhere(bool exclude)
    {
        var map = FeatureMap.Run(Model, Sae, Text, new() { Top = 6, ExcludeSpecialTokens = exclude });
        int[] tokens = [.. map.Tokens];
        Assert.Equal(Model.RequireTokenizer().ToTokens(Text), tokens);
        var dense = Dense(tokens);
        var first = exclude ? 1 : 0;
        float Largest(int f) => Enumerable.Range(first, tokens.Length - first).Max(t => dense[t, f]);
        var wanted = Enumerable.Range(0, Sae.Config.DSae).OrderByDescending(Largest).Take(6).ToArray();
        Assert.Equal(wanted, map.Features.Select(f => f.Feature));
        foreach (var f in wanted)
        {
            for (var t = 0; t < tokens.Length; t++)
                Assert.Equal(dense[t, f], map[f][t], 1e-3f);
        }

        Assert.Equal(tokens.Select((_, t) => exclude && t == 0), map.Excluded);
    }

    [Fact]
    public void Run_ChosenFeatures_KeepTheirOrder()
    {
        var map = FeatureMap.Run(Model, Sae, Text, new() { Features = [863, 5, 1754] });
        Assert.Equal([863, 5, 1754], map.Features.Select(f => f.Feature));
        var dense = Dense([.. map.Tokens]);
        foreach (var f in map.Features)
        {
            for (var t = 0; t < map.Tokens.Count; t++)
                Assert.Equal(dense[t, f.Feature], f.Values[t], 1e-3f);
        }
    }

    [Fact]
    public void Run_TokenIds_AreTakenAsTheyAre() =>
        Assert.Equal([2, 300, 301], FeatureMap.Run(Model, Sae, (int[])[2, 300, 301]).Tokens);

    [Fact]
    public void Run_BeginningOfSequenceAlone_HasNoFeature()
    {
        var map = FeatureMap.Run(Model, Sae, "");
        Assert.Empty(map.Features);
        Assert.Contains("No feature fires", map.ToText());
        Assert.Contains("No feature fires", map.ToSvg());
    }

    [Fact]
    public void Run_ModelWithoutTokenizer_ShowsIds()
    {
        using var tiny = new TinyModel();
        using var sae = new TinySae();
        var map = FeatureMap.Run(tiny.Load(), sae.Load(), (int[])[4, 9]);
        Assert.Equal(["⟨4⟩", "⟨9⟩"], map.TokenTexts);
        Assert.DoesNotContain(true, map.Excluded);
    }

    [Fact]
    public void Run_WhatMakesNoSense_IsRefused()
    {
        string Fault(FeatureMapOptions options) => Assert.Throws<AnalysisException>(() => FeatureMap.Run(Model, Sae, Text, options)).Message;
        Assert.Contains("no feature 2048", Fault(new() { Features = [2048] }));
        Assert.Contains("no feature -1", Fault(new() { Features = [-1] }));
        Assert.Contains("chosen twice", Fault(new() { Features = [1, 1] }));
        Assert.Contains("No feature", Fault(new() { Features = [] }));
        Assert.Contains("Top is 0", Fault(new() { Top = 0 }));
        Assert.Contains("one text", Assert.Throws<AnalysisException>(() => FeatureMap.Run(Model, Sae, (string[])["a", "b"])).Message);
        Assert.Throws<PromptException>(() => FeatureMap.Run(Model, Sae, Array.Empty<int>()));
        Assert.ThrowsAny<OperationCanceledException>(() => FeatureMap.Run(Model, Sae, Text, cancellation: new CancellationToken(canceled: true)));
        Assert.Contains("does not have feature 7", Assert.Throws<AnalysisException>(() => FeatureMap.Run(Model, Sae, Text, new() { Features = [6] })[7]).Message);
    }

    [Fact]
    public void Display_LeavesSpecialTokensOutAndSaysSo()
    {
        var map = FeatureMap.Run(Model, Sae, Text, new() { Top = 4 });
        var text = map.ToText();
        Assert.Contains("1 of them is not text (<bos>)", text);
        Assert.Contains($"feature {map.Features[0].Feature}", text);
        Assert.Equal(map.TokenTexts.Skip(1), map.Strip(map.Features[1].Feature).Tokens);
        using var plotly = JsonDocument.Parse(map.HeatMap().ToPlotlyJson());
        var z = plotly.RootElement.GetProperty("data")[0].GetProperty("z");
        Assert.Equal(4, z.GetArrayLength());
        Assert.Equal(map.Features[2].Values.Skip(1), z[2].EnumerateArray().Select(v => v.GetSingle()));
        Assert.Equal(["image/svg+xml", "text/plain"], ((IDisplay)map).ToMimeBundle().Keys.Order());
    }

    [Fact]
    public void Display_LongText_ShowsTheTextInsteadOfTheMap()
    {
        var map = FeatureMap.Run(Model, Sae, string.Concat(Enumerable.Repeat(Text + ". ", 20)));
        Assert.DoesNotContain("The strongest features", map.ToText());
        Assert.Contains("strongest  ", map.ToText());
    }
}
