using System.Xml.Linq;
using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Patches run together against whole runs that replace one value each.</summary>
public sealed class ActivationPatchingTests : IDisposable
{
    private static readonly int[][] Clean = [TinyGpt2.Prompt(6, 1), TinyGpt2.Prompt(6, 2)];
    private static readonly int[][] Corrupted = [TinyGpt2.Prompt(6, 3), TinyGpt2.Prompt(6, 4)];
    private static readonly Metric Difference = Metric.LogitDifference(new[] { 5, 7 }, new[] { 9, 30 });

    private readonly TinyGpt2 _gpt2 = new();
    private readonly TinyModel _gemma2 = new();

    public static TheoryData<HookSite, PatchAxes> Grids => new()
    {
        { HookSite.ResidPre, PatchAxes.LayerPosition }, { HookSite.ResidMid, PatchAxes.LayerPosition }, { HookSite.ResidPost, PatchAxes.LayerPosition },
        { HookSite.AttnOut, PatchAxes.LayerPosition }, { HookSite.MlpOut, PatchAxes.LayerPosition }, { HookSite.Z, PatchAxes.LayerPosition },
        { HookSite.Z, PatchAxes.LayerHead }, { HookSite.Q, PatchAxes.LayerHead }, { HookSite.K, PatchAxes.LayerHead }, { HookSite.V, PatchAxes.LayerHead },
        { HookSite.Pattern, PatchAxes.LayerHead }, { HookSite.Z, PatchAxes.LayerHeadPosition }, { HookSite.V, PatchAxes.LayerHeadPosition }, { HookSite.Pattern, PatchAxes.LayerHeadPosition },
    };

    public void Dispose()
    {
        _gpt2.Dispose();
        _gemma2.Dispose();
    }

    [Theory, MemberData(nameof(Grids))]
    public void Run_EachPatch_EqualsAWholeRunWithIt(HookSite site, PatchAxes axes)
    {
        foreach (var model in new[] { _gpt2.Load(), _gemma2.Load() })
        {
            foreach (var bytes in new[] { 1L, 60_000L, 1L << 28 })
            {
                var result = ActivationPatching.Run(model, Clean, Corrupted, Difference, site, new() { Axes = axes, MaxBatchBytes = bytes });
                var wanted = OneByOne(model.WithProcessing(WeightProcessing.Standard), site, axes, result);
                Golden.AssertClose($"{site} {axes} {bytes}", wanted, result.Values, 2e-5);
            }
        }
    }

    [Fact]
    public void Run_ResidPreOfLayer0AtEveryPosition_RestoresTheCleanRun()
    {
        // One token differs, so the clean embedding at its place is the whole of the difference.
        int[] corrupted = [.. Clean[0]];
        corrupted[3] = (corrupted[3] + 5) % TinyGpt2.Vocab;
        var result = ActivationPatching.Run(_gpt2.Load(), Clean[0], corrupted, Metric.Logit(4));
        var normalized = result.Normalized();
        Assert.Equal(1, normalized[0, 3], 1e-4);
        Assert.Equal(0, normalized[0, 2], 1e-4);
        Assert.Equal(0, normalized[2, 1], 1e-4);
    }

    [Fact]
    public void Run_LayersAndPositionsAskedFor_AreThoseOfTheWholeGrid()
    {
        var model = _gpt2.Load();
        var whole = ActivationPatching.Run(model, Clean, Corrupted, Difference, HookSite.MlpOut);
        var part = ActivationPatching.Run(model, Clean, Corrupted, Difference, HookSite.MlpOut, new() { Layers = [2, 0], Positions = new[] { -1, 2 } });
        Assert.Equal([0, 2], part.Layers);
        Assert.Equal([5, 2], part.Positions);
        Assert.Equal([2, 2], part.Values.Shape.ToArray());
        Assert.Equal(whole.Values[2, 5], part.Values[1, 0], 1e-5);
        Assert.Equal(whole.Values[0, 2], part.Values[0, 1], 1e-5);
    }

    [Fact]
    public void Run_MetricOfEveryPosition_SeesThemAll()
    {
        var metric = Metric.Of("sum over positions", logits => Enumerable.Range(0, logits.Shape[0]).Sum(i => (double)logits[i, 3]));
        var result = ActivationPatching.Run(_gpt2.Load(), Clean, Corrupted, metric, HookSite.ResidPost, new() { Layers = [2] });
        int[][] both = [.. Clean, .. Corrupted];
        var runs = _gpt2.Load(WeightProcessing.Standard).Run(both);
        for (var position = 0; position < 6; position++)
        {
            var wanted = Enumerable.Range(0, 2).Average(p => Enumerable.Range(0, 6).Sum(i => (double)runs.Logits[i == position ? p : p + 2][i, 3]));
            Assert.Equal(wanted, result.Values[0, position], 1e-4);
        }
    }

    [Fact]
    public void Metrics_AreMadeOfTheLogits()
    {
        var model = _gpt2.Load(WeightProcessing.Standard);
        var last = model.Run(Clean[0]).LastLogits().Span.ToArray();
        var lse = Math.Log(last.Sum(v => Math.Exp(v)));
        Assert.Equal(last[4], Value(Metric.Logit(4)), 1e-4);
        Assert.Equal(last[4] - last[6], Value(Metric.LogitDifference(4, 6)), 1e-4);
        Assert.Equal(last[4] - lse, Value(Metric.LogProbability(4)), 1e-4);

        double Value(Metric metric) => ActivationPatching.Run(model, Clean[0], Corrupted[0], metric, options: new() { Layers = [0] }).CleanValue;
    }

    [Fact]
    public void TokensAsTexts_MustBeOneToken()
    {
        var model = EmbeddedPair.Model;
        var tokenizer = model.RequireTokenizer();
        var one = tokenizer.DecodeToken(tokenizer.ToTokens("once", prependBos: false)[^1]);
        var result = ActivationPatching.Run(model, "Once upon a time", "Once upon a tree", Metric.Logit("5"), options: new() { Layers = [4], Positions = PositionSlice.Last });
        Assert.Equal(1, result.Normalized()[0, 0], 1e-3);
        Assert.Equal("logit of '5'", result.Metric);
        Assert.NotEmpty(one);
        var error = Assert.Throws<AnalysisException>(() => ActivationPatching.Run(model, "a", "b", Metric.Logit("Once upon a time")));
        Assert.Contains("give a text that is one token", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TellsProgressAndStops()
    {
        var told = new Told();
        _ = ActivationPatching.Run(_gpt2.Load(), Clean, Corrupted, Difference, options: new() { MaxBatchBytes = 1 }, progress: told);
        Assert.Equal(18, told.Shares.Count);
        Assert.Equal(1, told.Shares[^1]);
        Assert.Equal(told.Shares.Order(), told.Shares);
        using var stop = new CancellationTokenSource();
        var stopping = new Stopping(stop);
        Assert.ThrowsAny<OperationCanceledException>(() => ActivationPatching.Run(_gpt2.Load(), Clean, Corrupted, Difference, options: new() { MaxBatchBytes = 1 }, progress: stopping, cancellation: stop.Token));
        Assert.Equal(1, stopping.Count);
    }

    [Fact]
    public void Result_DrawsItselfAndSaysHowItWasMade()
    {
        foreach (var axes in new[] { PatchAxes.LayerHead, PatchAxes.LayerHeadPosition, PatchAxes.LayerPosition })
        {
            var result = ActivationPatching.Run(_gpt2.Load(), Clean[0], Corrupted[0], Metric.LogitDifference(5, 9), HookSite.Z, new() { Axes = axes });
            _ = XDocument.Parse(result.ToDisplay().ToSvg());
            Assert.Contains("attn.hook_z", result.ToString(), StringComparison.Ordinal);
            Assert.Contains("fold_ln", result.ToString(), StringComparison.Ordinal);
            Assert.Contains(axes == PatchAxes.LayerHeadPosition ? "L1H2" : "layer 1", result.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WhatCannotBe_IsRefusedWithTheReason()
    {
        var model = _gpt2.Load();
        Refused("cannot be patched", () => ActivationPatching.Run(model, Clean, Corrupted, Difference, HookSite.MlpPre));
        Refused("has no heads", () => ActivationPatching.Run(model, Clean, Corrupted, Difference, HookSite.MlpOut, new() { Axes = PatchAxes.LayerHead }));
        Refused("[head, query, key]", () => ActivationPatching.Run(model, Clean, Corrupted, Difference, HookSite.Pattern, new() { Axes = PatchAxes.LayerPosition }));
        Refused("layers 0–2", () => ActivationPatching.Run(model, Clean, Corrupted, Difference, options: new() { Layers = [3] }));
        Refused("2 clean and 1 corrupted", () => ActivationPatching.Run(model, Clean, Corrupted[0], Metric.Logit(1)));
        Refused("token for token", () => ActivationPatching.Run(model, Clean[0], Corrupted[0][..5], Metric.Logit(1)));
        Refused("prompts of one length", () => ActivationPatching.Run(model, new[] { Clean[0], Clean[1][..5] }, new[] { Corrupted[0], Corrupted[1][..5] }, Metric.Logit(1)));
        Refused("Token 40", () => ActivationPatching.Run(model, Clean, Corrupted, Metric.Logit(40)));
        Refused("nothing to restore", () => ActivationPatching.Run(model, Clean, Clean, Difference).Normalized());
        Refused("MaxBatchBytes is 0", () => ActivationPatching.Run(model, Clean, Corrupted, Difference, options: new() { MaxBatchBytes = 0 }));

        static void Refused(string why, Action action) => Assert.Contains(why, Assert.Throws<AnalysisException>(action).Message, StringComparison.Ordinal);
    }

    // Every patch as one whole run over both prompts, the values taken from a whole clean run.
    private static Tensor OneByOne(Transformer model, HookSite site, PatchAxes axes, ActivationPatchingResult shape)
    {
        var values = Tensor.Zeros(shape.Values.Shape);
        var at = 0;
        for (var layer = 0; layer < model.Config.Layers; layer++)
        {
            var hook = new HookPoint(site, layer).ToString();
            var clean = model.Run(Clean, capture: hook).Activations[hook];
            foreach (var head in axes == PatchAxes.LayerPosition ? [-1] : Enumerable.Range(0, clean[0].Shape[site == HookSite.Pattern ? 0 : 1]))
            {
                foreach (var position in axes == PatchAxes.LayerHead ? [-1] : Enumerable.Range(0, 6))
                {
                    var run = model.Run(Corrupted, edit: [new Edit(hook, value =>
                    {
                        for (var p = 0; p < 2; p++)
                            Replace(clean[p], value[p], site == HookSite.Pattern, head, position);
                    })]);
                    values.Span[at++] = (run.LastLogits(0).Span[5] - run.LastLogits(0).Span[9] + run.LastLogits(1).Span[7] - run.LastLogits(1).Span[30]) / 2;
                }
            }
        }

        Assert.Equal(values.Length, at);
        return values;
    }

    // Element by element: of [pos, head, d], of [pos, d] and of [head, query, key].
    private static void Replace(Tensor from, Tensor to, bool isPattern, int head, int position)
    {
        var (first, second) = (from.Shape[0], from.Rank == 3 ? from.Shape[1] : 1);
        var width = from.Length / first / second;
        for (var i = 0; i < from.Length; i++)
        {
            var (a, b) = (i / width / second, i / width % second);
            var (h, p) = isPattern ? (a, b) : (b, a);
            if ((head < 0 || h == head) && (position < 0 || p == position))
                to.Span[i] = from.Span[i];
        }
    }

    private sealed class Stopping(CancellationTokenSource stop) : IProgress<double>
    {
        public int Count { get; private set; }

        public void Report(double value)
        {
            Count++;
            stop.Cancel();
        }
    }
}
