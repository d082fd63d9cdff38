using FeatureInterp.Analysis;
using FeatureInterp.Display;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>What is refused, what has nothing to show, going on after a stop.</summary>
public sealed class CooccurrenceTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly TinySae _tinySae = new(new() { Architecture = "standard" });
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cooccurrence-");
    private readonly Transformer _model;
    private readonly SparseAutoencoder _sae;

    public CooccurrenceTests() => (_model, _sae) = (_tiny.Load(), _tinySae.Load());

    private string StateFile => Path.Combine(_folder.FullName, "state.json");

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _tinySae.Dispose();
        _tiny.Dispose();
    }

    private static Dictionary<string, int[]> Sets(params int[] features) => new() { ["key"] = features };

    private int[][] Rows(int count = 9) => [.. Enumerable.Range(0, count).Select(r => _tiny.Prompt(3 + 4 * r % 17, seed: r))];

    private string Fault(Dictionary<string, int[]> sets, CooccurrenceOptions? options = null, TokenRows? corpus = null) =>
        Assert.Throws<AnalysisException>(() => Cooccurrence.Run(_model, _sae, corpus ?? Rows(), sets, options)).Message;

    [Fact]
    public void Run_WhatMakesNoSense_IsRefused()
    {
        Assert.Contains("No set", Fault([]));
        Assert.Contains("no feature 53", Fault(Sets(1, 53)));
        Assert.Contains("chosen twice", Fault(Sets(1, 1)));
        Assert.Contains("No feature", Fault(Sets()));
        Assert.Contains("Components is 0", Fault(Sets(1), new() { Components = 0 }));
        Assert.Contains("Before is -1", Fault(Sets(1), new() { Before = -1 }));
        Assert.Contains("After is 101", Fault(Sets(1), new() { After = 101 }));
        Assert.Contains("MaxPoints is 0", Fault(Sets(1), new() { MaxPoints = 0 }));
        Assert.Contains("BatchTokens is 0", Fault(Sets(1), new() { BatchTokens = 0 }));
        Assert.Contains("RowLength is 41", Fault(Sets(1), new() { RowLength = 41 }));
        Assert.Contains("no StateFile", Fault(Sets(1), new() { Resume = true }));
        Assert.Contains("no text", Fault(Sets(1), corpus: Array.Empty<int[]>()));
        Assert.Throws<PromptException>(() => Cooccurrence.Run(_model, _sae, (int[][])[[1], []], Sets(1)));
        using var wide = new TinySae(new() { DIn = 21 });
        Assert.Throws<SaeException>(() => Cooccurrence.Run(_model, wide.Load(), Rows(), Sets(1)));
        Assert.Contains("'key'", Assert.Throws<AnalysisException>(() => Cooccurrence.Run(_model, _sae, Rows(), Sets(1, 2))["stats"]).Message);
    }

    [Fact]
    public void Stopped_WithoutAState_SaysSo()
    {
        string Said(CooccurrenceOptions options) => Assert.Throws<AnalysisException>(() => Cooccurrence.Stopped(_model, _sae, Rows(), Sets(1), options)).Message;
        Assert.Contains("StateFile", Said(new()), StringComparison.Ordinal);
        Assert.Contains("no such state", Said(new() { StateFile = StateFile }), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NothingFires_SaysSo()
    {
        using var quiet = new TinySae(new() { Architecture = "topk", K = 1 });
        var sae = quiet.Load();
        var fired = TopActivations.Run(_model, sae, Rows()).Features.Where(f => f.Fired == 0).Select(f => f.Feature).Take(3).ToArray();
        Assert.Equal(3, fired.Length);
        var set = Cooccurrence.Run(_model, sae, Rows(), Sets(fired))["key"];
        Assert.Equal((0L, 0, 0, 0.0), (set.Fired, set.Components.Count, set.Points.Count, set.Variance));
        Assert.All(set.Mean, v => Assert.Equal(0, v));
        Assert.Contains("None of them fires on any token", set.ToString(), StringComparison.Ordinal);
        Assert.Contains("has no component 1; it has 0", Assert.Throws<AnalysisException>(() => set.Scatter(1, 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OneTokenOrTheSameAgain_HasNoComponents()
    {
        var busiest = TopActivations.Run(_model, _sae, Rows()).Features.MaxBy(f => f.Fired)!.Feature;
        var row = Rows().First(r => Cooccurrence.Run(_model, _sae, (int[][])[r[..1]], Sets(busiest))["key"].Fired == 1)[..1];
        var one = Cooccurrence.Run(_model, _sae, (int[][])[row], Sets(busiest))["key"];
        Assert.Equal((1L, 0), (one.Fired, one.Components.Count));
        Assert.Single(one.Points);
        Assert.Contains("One token has no spread", one.ToString(), StringComparison.Ordinal);
        var same = Cooccurrence.Run(_model, _sae, (int[][])[row, row, row], Sets(busiest), new() { BatchTokens = 1 })["key"];
        Assert.Equal((3L, 0, 0.0), (same.Fired, same.Components.Count, same.Variance));
        Assert.Contains("no direction in which they vary", same.ToDisplay().ToText(400), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OneFeature_HasOneComponentAlongItsDirection()
    {
        var busiest = TopActivations.Run(_model, _sae, Rows()).Features.MaxBy(f => f.Fired)!.Feature;
        var set = Cooccurrence.Run(_model, _sae, Rows(), Sets(busiest))["key"];
        var component = Assert.Single(set.Components);
        Assert.Equal(1, component.Ratio, 1e-12);
        var direction = _sae.Direction(busiest);
        var norm = Math.Sqrt(direction.Sum(v => (double)v * v));
        Assert.Equal(1, Math.Abs(component.Direction.Zip(direction, (a, b) => a * b).Sum()) / norm, 1e-6);
        Assert.Contains("PC1", set.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(set.ToDisplay().ToHtml());
    }

    [Fact]
    public void Run_StoppedAndResumed_GivesTheSameToTheBit()
    {
        var sets = new Dictionary<string, int[]> { ["a"] = [4, 9, 1, 33], ["b"] = [9, 52] };
        var options = new CooccurrenceOptions { BatchTokens = 12, MaxPoints = 15, StateFile = StateFile };
        var whole = Cooccurrence.Run(_model, _sae, Rows(), sets, options with { StateFile = null });
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => Cooccurrence.Run(
            _model, _sae, Rows(), sets, options, new TopActivationsTwinTests.Told(_ => stop.Cancel()), stop.Token));
        var stopped = Cooccurrence.Stopped(_model, _sae, Rows(), sets, options);
        var part = Cooccurrence.Run(_model, _sae, Rows()[..stopped.Rows], sets, options with { StateFile = null });
        Assert.Equal((false, true, part.Tokens), (stopped.IsComplete, part.IsComplete, stopped.Tokens));
        Assert.InRange(stopped.Rows, 1, 8);
        Assert.All(sets.Keys, name => Assert.Equal((part[name].Fired, part[name].Variance), (stopped[name].Fired, stopped[name].Variance)));
        Assert.Contains("before the end of the corpus", stopped.ToString(), StringComparison.Ordinal);
        var done = new List<int>();
        var resumed = Cooccurrence.Run(_model, _sae, Rows(), sets, options with { Resume = true }, new TopActivationsTwinTests.Told(p => done.Add(p.Rows)));
        Assert.True(done[0] > 1 && done[^1] == 9);
        Assert.Equal((whole.Rows, whole.Tokens), (resumed.Rows, resumed.Tokens));
        foreach (var name in sets.Keys)
        {
            Assert.Equal(whole[name].Fired, resumed[name].Fired);
            Assert.Equal(whole[name].Variance, resumed[name].Variance);
            Assert.Equal(whole[name].Mean, resumed[name].Mean);
            Assert.Equal(whole[name].Points.Select(p => p.Context), resumed[name].Points.Select(p => p.Context));
            for (var c = 0; c < whole[name].Components.Count; c++)
                Assert.Equal(whole[name].Components[c].Direction, resumed[name].Components[c].Direction);
        }

        // A whole state is a result at once, and nothing but the same pass goes on from it.
        Assert.Equal(whole["a"].Variance, Cooccurrence.Run(_model, _sae, Rows(), sets, options with { Resume = true })["a"].Variance);
        Assert.Single(Directory.GetFiles(_folder.FullName));
        Assert.Contains("another pass", Fault(Sets(4), options with { Resume = true }), StringComparison.Ordinal);
        Assert.Contains("another pass", Fault(sets, options with { Resume = true, Seed = 1 }), StringComparison.Ordinal);
        Assert.Contains("not the ones of", Fault(sets, options with { Resume = true }, Rows(5)), StringComparison.Ordinal);
        Assert.Contains("not the ones of", Fault(sets, options with { Resume = true }, (int[][])[.. Rows().Select(r => (int[])[.. r.Select(t => (t + 1) % 60)])]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"Subject\":\"\",\"Sets\":[]}")]
    [InlineData("{\"Subject\":\"\",\"RowsHash\":\"xyz\",\"Sets\":[]}")]
    [InlineData("{\"Subject\":\"\",\"Rows\":-1,\"Sets\":[]}")]
    [InlineData("{\"Subject\":\"\",\"Sets\":[null]}")]
    [InlineData("{\"Subject\":\"\",\"Sets\":[{\"Mean\":[0],\"Scatter\":[0],\"Together\":[0],\"Kept\":[]}]}")]
    [InlineData("{\"Subject\":\"\",\"Sets\":[{\"Mean\":[0,0],\"Scatter\":[0,0,0,0],\"Together\":[0,0,0,9],\"Kept\":[]}]}")]
    [InlineData("{\"Subject\":\"\",\"Sets\":[{\"Count\":1,\"Mean\":[0,0],\"Scatter\":[0,0,0,0],\"Together\":[0,0,0,0],\"Kept\":[{\"Row\":0,\"Position\":0,\"Tokens\":[1],\"Focus\":1,\"Slots\":[],\"Values\":[]}]}]}")]
    [InlineData("{\"Subject\":\"\",\"Sets\":[{\"Count\":1,\"Mean\":[0,0],\"Scatter\":[0,0,0,0],\"Together\":[0,0,0,0],\"Kept\":[{\"Row\":0,\"Position\":0,\"Tokens\":[1],\"Focus\":0,\"Slots\":[2],\"Values\":[1]}]}]}")]
    [InlineData("{\"Subject\":\"\",\"Sets\":[{\"Count\":1,\"Mean\":[0,0],\"Scatter\":[0,0,0,0],\"Together\":[0,0,0,0],\"Kept\":[{\"Row\":0,\"Position\":0,\"Tokens\":[60],\"Focus\":0,\"Slots\":[0],\"Values\":[1]}]}]}")]
    [InlineData("{\"Subject\":\"\",\"Sets\":[{\"Count\":1,\"Mean\":[0,0],\"Scatter\":[0,0,0,0],\"Together\":[0,0,0,0],\"Kept\":[{\"Row\":0,\"Position\":0,\"Tokens\":[1],\"Focus\":0,\"Slots\":[],\"Values\":[]}]}]}")]
    [InlineData("{\"Subject\":\"\",\"Rows\":2147483647,\"Beginnings\":{\"1\":2147483646},\"Sets\":[{\"Mean\":[0,0],\"Scatter\":[0,0,0,0],\"Together\":[0,0,0,0],\"Kept\":[]}]}")]
    [InlineData("{\"Subject\":\"\",\"Rows\":1,\"Beginnings\":{\"60\":1},\"Sets\":[{\"Mean\":[0,0],\"Scatter\":[0,0,0,0],\"Together\":[0,0,0,0],\"Kept\":[]}]}")]
    public void Load_DamagedState_IsRefused(string text)
    {
        File.WriteAllText(StateFile, text);
        var empty = new CooccurrencePass(_model, _sae, Sets(1, 2), new()).Begin("");
        var message = Assert.Throws<AnalysisException>(() => CooccurrenceState.Load(StateFile, empty, 60)).Message;
        Assert.Contains("delete it", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SoundState_IsRead()
    {
        File.WriteAllText(StateFile, "{\"Subject\":\"\",\"Rows\":1,\"Beginnings\":{\"59\":1},\"Sets\":[{\"Count\":1,\"Mean\":[0.5,0],\"Scatter\":[0,0,0,0],\"Together\":[1,0,0,0],\"Kept\":[{\"Row\":0,\"Position\":0,\"Tokens\":[59],\"Focus\":0,\"Slots\":[0],\"Values\":[0.5]}]}]}");
        var pass = new CooccurrencePass(_model, _sae, Sets(1, 2), new());
        var state = CooccurrenceState.Load(StateFile, pass.Begin(""), 60);
        Assert.Equal("|⟨59⟩|", Assert.Single(pass.Result(state!)["key"].Points).Context);
    }

    [Fact]
    public void Draw_Result_TellsComponentsFeaturesAndEnds()
    {
        var result = Cooccurrence.Run(_model, _sae, Rows(), new Dictionary<string, int[]> { ["key"] = [4, 9, 1, 33, 12, 20, 21], ["random"] = [8, 30, 31, 40] });
        var text = result.ToString();
        foreach (var part in (string[])["Explained variance", "PC3", "The ends of component 1", "The sets beside each other", "any of its features is not 0", "provenance"])
            Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Contains("<svg", result.ToDisplay().ToSvg(), StringComparison.Ordinal);
        var key = result["key"];
        foreach (var color in Enum.GetValues<CooccurrenceColor>())
        {
            var figure = key.Scatter(1, 3, color);
            Assert.Equal(key.Points.Count, figure.Traces.Cast<ScatterTrace>().Sum(t => t.X.Count));
            Assert.Contains("component 3", figure.YAxis.Label, StringComparison.Ordinal);
        }

        // Five by name, and the rest.
        Assert.InRange(key.Scatter().Traces.Count, 2, 6);
        var ends = key.Extremes(1, 3).Lines;
        Assert.Equal(6, ends.Count);
        Assert.Equal(key.Points.Min(p => p.Projection[0]), ends[0].Values![ends[0].Focus], 1e-4);
        Assert.Equal(key.Points.Max(p => p.Projection[0]), ends[^1].Values![ends[^1].Focus], 1e-4);
        Assert.Throws<AnalysisException>(() => key.Scatter(1, 4));
        Assert.Throws<AnalysisException>(() => key.Extremes(0));
        Assert.Throws<AnalysisException>(() => result.Compare(1, 9));
    }

    [Fact]
    public void RandomFeatures_Drawn_AreThoseThatFireAndTheSameForASeed()
    {
        using var quiet = new TinySae(new() { Architecture = "topk", K = 2, Seed = 2 });
        var sae = quiet.Load();
        var top = TopActivations.Run(_model, sae, Rows(4));
        var alive = top.Features.Where(f => f.Fired > 0).Select(f => f.Feature).ToHashSet();
        var drawn = sae.RandomFeatures(alive.Count - 1, seed: 7, top, except: [alive.First()]);
        Assert.Equal(alive.Skip(1).Order(), drawn.Order());
        Assert.Equal(drawn, sae.RandomFeatures(alive.Count - 1, 7, top, [alive.First()]));
        Assert.NotEqual(sae.RandomFeatures(8, 1), sae.RandomFeatures(8, 2));
        Assert.Equal(53, sae.RandomFeatures(53, 1).Distinct().Count());
        Assert.Contains("there are 53", Assert.Throws<AnalysisException>(() => sae.RandomFeatures(54, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("0 features", Assert.Throws<AnalysisException>(() => sae.RandomFeatures(0, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("not of", Assert.Throws<AnalysisException>(() => _sae.RandomFeatures(1, 1, top)).Message, StringComparison.Ordinal);
    }
}
