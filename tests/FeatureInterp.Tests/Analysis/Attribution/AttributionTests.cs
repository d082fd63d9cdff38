using System.Xml.Linq;
using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Attributions on made-up models: complete where they promise it, and the ablations beside them those of whole runs.</summary>
public sealed class AttributionTests : IDisposable
{
    private static readonly LogitMetric Difference = LogitMetric.LogitDifference(5, 9);

    private static readonly TinySaeShape[] Shapes =
    [
        new(),
        new() { Architecture = "standard", Hook = "blocks.0.hook_mlp_out", Seed = 2 },
        new() { Architecture = "gated", Hook = "blocks.2.hook_resid_pre", Seed = 3 },
        new() { Architecture = "topk", Rescale = true, K = 9, Seed = 5 },
        new() { Hook = "blocks.1.attn.hook_z", Reshape = "hook_z", DIn = 24, Seed = 7 },
        new() { Hook = "blocks.2.hook_resid_pre", Normalize = "layer_norm", Seed = 8 },
        new() { Architecture = "standard", Hook = "hook_embed", Normalize = "constant_norm_rescale", Seed = 9 },
        new() { Architecture = "skip_transcoder", Hook = "blocks.1.hook_resid_mid", DOut = 20, Seed = 10 },
    ];

    private readonly TinyModel _tiny = new();
    private readonly Transformer _model;
    private readonly int[] _tokens;

    public AttributionTests() => (_model, _tokens) = (_tiny.Load(), _tiny.Prompt(8, 1));

    public static TheoryData<int, bool, bool> Cases()
    {
        var cases = new TheoryData<int, bool, bool>();
        for (var i = 0; i < Shapes.Length; i++)
        {
            cases.Add(i, true, false);
            cases.Add(i, false, false);
            cases.Add(i, true, true);
        }

        return cases;
    }

    public void Dispose() => _tiny.Dispose();

    // 300 steps of 8 tokens are several batches.
    [Theory, MemberData(nameof(Cases))]
    public void Run_IntegratedGradients_SumUpToTheDifference(int shape, bool errorTerm, bool hasBaseline)
    {
        using var tinySae = new TinySae(Shapes[shape]);
        var sae = tinySae.Load();
        var baseline = Tensor.Zeros(_tokens.Length, sae.Config.DSae);
        var random = new Random(4);
        for (var i = 0; hasBaseline && i < 40; i++)
            baseline.Span[random.Next(baseline.Length)] = (float)random.NextDouble();
        var result = Attribution.Run(_model, sae, _tokens, Difference, new() { ErrorTerm = errorTerm, Steps = 300, Baseline = hasBaseline ? baseline : null });

        // The runs themselves, with the features written over.
        var features = sae.FeaturesHook;
        double Whole(params Edit[] edits) => Metric(_model.Run(_tokens, edit: edits, splice: [sae.Splice(errorTerm)]));
        var (value, start) = (Whole(), Whole(Models.Hook.Change(features, f => baseline.Span.CopyTo(f.Span))));
        Assert.Equal(value, result.Value, 1e-4);
        Assert.Equal(start, result.BaselineValue!.Value, 1e-4);
        Assert.True(Math.Abs(value - start) > 1e-2, $"nothing to attribute: {value} and {start}");
        Assert.Equal(value - start, result.Saes[0].Total, 2e-3 * Math.Abs(value - start) + 2e-4);
        Assert.Equal(result.Saes[0].Total - (result.Value - result.BaselineValue.Value), result.Gap!.Value, 1e-9);
    }

    [Fact]
    public void Run_OneStep_TakesTheGradientHalfWay()
    {
        using var tinySae = new TinySae();
        var result = Attribution.Run(_model, tinySae.Load(), _tokens, Difference, new() { Steps = 1 });
        var f = result.Saes[0].Fired.MaxBy(f => Math.Abs(f.Attribution));
        double Half(double step)
        {
            double[]? errors = null;
            var twin = new ModelTwin(_tiny)
            {
                Edit = (name, value) =>
                {
                    for (var t = 0; name == tinySae.Shape.Hook && t < _tokens.Length; t++)
                    {
                        var x = value.Values[(t * 20)..((t + 1) * 20)];
                        errors = [.. x.Zip(new SaeTwin(tinySae).Run(x).Output, (a, b) => a - b)];
                        var output = new SaeTwin(tinySae).Run(x, acts =>
                        {
                            for (var i = 0; i < acts.Length; i++)
                                acts[i] = acts[i] / 2 + (t == f.Position && i == f.Feature ? step : 0);
                        }).Output;
                        output.Zip(errors, (a, b) => a + b).ToArray().CopyTo(value.Values, t * 20);
                    }
                },
            };
            var logits = twin.Run(_tokens);
            return logits[^(_tiny.Shape.Vocab - 5)] - logits[^(_tiny.Shape.Vocab - 9)];
        }

        Assert.Equal((Half(1e-5) - Half(-1e-5)) / 2e-5, f.Gradient, 1e-4 * Math.Abs(f.Gradient) + 1e-6);
    }

    [Fact]
    public void Run_Sums_AreThoseOfWhatFires()
    {
        using var tinySae = new TinySae();
        var result = Attribution.Run(_model, tinySae.Load(), _tokens, Difference);
        var sae = result.Saes[0];
        Assert.Equal(sae.Fired.Sum(f => f.Activation * f.Gradient), sae.Total, 1e-9);
        Assert.Equal(sae.Total, sae.Features.Sum(f => f.Attribution), 1e-9);
        var first = sae.Features[0];
        Assert.All(sae.Features, f => Assert.True(Math.Abs(f.Attribution) <= Math.Abs(first.Attribution)));
        Assert.Equal(first.Attribution, sae[first.Feature]);
        Assert.Equal(first.Attribution, sae.Positions(first.Feature).Sum(), 1e-9);
        Assert.Equal(first.Tokens, sae.Fired.Count(f => f.Feature == first.Feature));
        Assert.Equal(_tokens.Length, sae.PerPosition.Count);
        Assert.Throws<AnalysisException>(() => sae[53]);
        Assert.Throws<AnalysisException>(() => sae.Positions(-1));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Check_EachFeature_IsAWholeRunWithoutIt(bool errorTerm)
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        var result = Attribution.Run(_model, sae, _tokens, Difference, new() { ErrorTerm = errorTerm });
        var check = AttributionCheck.Run(_model, sae, result, top: 18);
        Assert.Equal(18, check.Effects.Count);
        for (var i = 0; i < 18; i++)
        {
            var feature = result.Saes[0].Features[i];
            var without = _model.Run(_tokens, edit: [Models.Hook.Zero(sae.FeaturesHook, index: feature.Feature)], splice: [sae.Splice(errorTerm)]);
            Assert.Equal($"feature {feature.Feature}", check.Effects[i].Name);
            Assert.Equal(feature.Attribution, check.Effects[i].Predicted);
            Assert.Equal(result.Value - Metric(without), check.Effects[i].Actual, 1e-4);
        }

        XDocument.Parse(check.Scatter().ToSvg());
        Assert.Contains("correlation", check.ToString(), StringComparison.Ordinal);
    }

    // By hand: means 2 and 4, (1·4 + 0 + 1·2) / √(2·(16 + 4 + 4)); Σpa/Σp² = (0 + 6·2 + 3·6) / 14.
    [Fact]
    public void EffectPrediction_Numbers_AreTheirDefinitions()
    {
        using var tinySae = new TinySae();
        var provenance = Attribution.Run(_model, tinySae.Load(), _tokens, Difference).Saes[0].Provenance;
        EffectPrediction Of(params (double P, double A)[] effects) => new()
        {
            Title = "t",
            Metric = "m",
            Provenance = provenance,
            Effects = [.. effects.Select(e => new PredictedEffect("e", e.P, e.A))],
        };
        var three = Of((1, 0), (2, 6), (3, 6));
        Assert.Equal(6 / Math.Sqrt(48), three.Correlation, 1e-12);
        Assert.Equal(30.0 / 14, three.Slope, 1e-12);
        Assert.Equal(Math.Sqrt((1 + 16 + 9) / 3.0), three.Error, 1e-12);
        Assert.True(double.IsNaN(Of((1, 2)).Correlation));
        Assert.Contains("0 effects", Of().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_Result_IsPicturesAndText()
    {
        using TinySae a = new(), b = new(new TinySaeShape { Hook = "blocks.2.hook_resid_pre", Seed = 3 });
        var result = Attribution.Run(_model, [a.Load(), b.Load()], _tokens, Difference, new() { Top = 3 });
        XDocument.Parse(result.Bars().ToSvg());
        XDocument.Parse(result.HeatMap(1).ToSvg());
        var text = result.ToString();
        foreach (var f in result.Saes[1].Features.Take(3))
            Assert.Contains($"feature {f.Feature}", text, StringComparison.Ordinal);
        Assert.Contains("blocks.1.hook_resid_post", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NothingFires_SaysSo()
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        // Steps from the features to themselves: no feature has anything to give.
        var acts = sae.EncodeDense(_model.Run(_tokens, capture: tinySae.Shape.Hook).Activations[tinySae.Shape.Hook][0]);
        var result = Attribution.Run(_model, sae, _tokens, Difference, new() { Steps = 2, Baseline = acts });
        Assert.Empty(result.Saes[0].Features);
        Assert.Equal(0, result.Gap!.Value, 1e-5);
        Assert.Contains("No feature fires", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_BadInput_IsRefused()
    {
        using TinySae tinySae = new(), other = new(new TinySaeShape { Seed = 9 }), temporal = new(new TinySaeShape { Architecture = "temporal", DSae = 48 });
        using var wide = new TinySae(new TinySaeShape { DIn = 24 });
        SparseAutoencoder sae = tinySae.Load(), second = other.Load();
        void Refused(string part, AttributionOptions options) => Says<AnalysisException>(part, () => Attribution.Run(_model, sae, _tokens, Difference, options));
        Refused("Steps is 0", new() { Steps = 0 });
        Refused("Top is 0", new() { Top = 0 });
        Refused("give Steps too", new() { Baseline = Tensor.Zeros(8, 53) });
        Says<SaeException>("The baseline is", () => Attribution.Run(_model, sae, _tokens, Difference, new() { Steps = 4, Baseline = Tensor.Zeros(7, 53) }));
        Says<AnalysisException>("at least one", () => Attribution.Run(_model, [], _tokens, Difference));
        Says<AnalysisException>("all stand at", () => Attribution.Run(_model, [sae, second], _tokens, Difference));
        Says<AnalysisException>("one at a time", () => Attribution.Run(_model, [sae, second], _tokens, Difference, new() { Steps = 4 }));
        Says<AnalysisException>("2 were given", () => Attribution.Run(_model, sae, (int[][])[_tokens, _tokens], Difference));
        Says<AnalysisException>("not in the vocabulary", () => Attribution.Run(_model, sae, _tokens, 61));
        Says<PromptException>("Token 61", () => Attribution.Run(_model, sae, _tokens, LogitMetric.Logit(61)));
        Says<SaeException>("temporal", () => Attribution.Run(_model, temporal.Load(), _tokens, Difference));
        Says<SaeException>("does not fit", () => Attribution.Run(_model, wide.Load(), _tokens, Difference));
        var result = Attribution.Run(_model, sae, _tokens, Difference);
        Says<AnalysisException>("0 features", () => AttributionCheck.Run(_model, sae, result, top: 0));
        Says<AnalysisException>("the same pair", () => AttributionCheck.Run(_model, second, result));
        var baseline = Attribution.Run(_model, sae, _tokens, Difference, new() { Steps = 1, Baseline = Tensor.Zeros(8, 53) });
        Says<AnalysisException>("leave the baseline out", () => AttributionCheck.Run(_model, sae, baseline));
    }

    private static double Metric(RunResult run) => (double)run.LastLogits().Span[5] - run.LastLogits().Span[9];

    private static void Says<T>(string part, Func<object> act)
        where T : Exception => Assert.Contains(part, Assert.Throws<T>(act).Message, StringComparison.Ordinal);
}
