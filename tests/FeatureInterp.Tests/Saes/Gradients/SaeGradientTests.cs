using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace FeatureInterp.Tests;

/// <summary>Gradients through SAEs of every kind, against difference quotients of the twins put together.</summary>
public sealed class SaeGradientTests : IDisposable
{
    private const double Step = 1e-6;
    private const string Below = "blocks.0.hook_resid_pre";

    private static readonly LogitMetric Difference = LogitMetric.LogitDifference(1, 0);

    private static readonly TinySaeShape[] Shapes =
    [
        new(),
        new() { Architecture = "standard", Hook = "blocks.0.hook_mlp_out", Seed = 2 },
        new() { Architecture = "gated", Hook = "blocks.2.hook_resid_pre", Seed = 3 },
        new() { Architecture = "topk", Hook = "blocks.1.hook_resid_mid", Seed = 4 },
        new() { Architecture = "topk", Rescale = true, K = 9, Seed = 5 },
        new() { Architecture = "abstopk", K = 7, Seed = 6 },
        new() { Hook = "blocks.1.attn.hook_z", Reshape = "hook_z", DIn = 24, Seed = 7 },
        new() { Hook = "blocks.2.hook_resid_pre", Normalize = "layer_norm", Seed = 8 },
        new() { Architecture = "standard", Normalize = "layer_norm", ApplyBDec = false, Seed = 9 },
        new() { Architecture = "standard", Normalize = "constant_norm_rescale", Seed = 10 },
        new() { Normalize = "constant_scalar_rescale", Seed = 11 },
    ];

    private readonly TinyModel _tiny = new(new TinyShape { Eps = 1e-3 });
    private readonly Transformer _model;
    private readonly int[] _tokens;

    public SaeGradientTests() => (_model, _tokens) = (_tiny.Load(), _tiny.Prompt(6, 1));

    public static TheoryData<int, bool> Cases()
    {
        var cases = new TheoryData<int, bool>();
        for (var i = 0; i < Shapes.Length; i++)
        {
            cases.Add(i, true);
            cases.Add(i, false);
        }

        return cases;
    }

    public void Dispose() => _tiny.Dispose();

    [Theory, MemberData(nameof(Cases))]
    public void DenseGradients_AnyKind_AreTheTwinsDifferenceQuotient(int shape, bool errorTerm)
    {
        using var tinySae = new TinySae(Shapes[shape]);
        var gradient = new SaeGradient(tinySae.Load(), errorTerm);
        var found = _model.Gradient(_tokens, Difference, edit: gradient.Edits);
        var dense = gradient.DenseGradients();
        Assert.Equal(Metric(new ModelTwin(_tiny) { Edit = Splice(tinySae, errorTerm) }), found.Values[0], 1e-4);

        // Along everything at once, and along the feature with the largest gradient.
        var largest = TensorPrimitives.IndexOfMaxMagnitude<float>(dense.Span);
        AssertQuotient("features", dense, i => Math.Sin(i + 1), step => Metric(new ModelTwin(_tiny) { Edit = Splice(tinySae, errorTerm, acts: (i, v) => v + step * Math.Sin(i + 1)) }));
        AssertQuotient("one feature", dense, i => i == largest ? 1 : 0, step => Metric(new ModelTwin(_tiny) { Edit = Splice(tinySae, errorTerm, acts: (i, v) => i == largest ? v + step : v) }));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Gradient_BelowAnyKind_IsTheTwinsDifferenceQuotient(int shape, bool errorTerm)
    {
        using var tinySae = new TinySae(Shapes[shape]);
        var gradient = new SaeGradient(tinySae.Load(), errorTerm);
        var found = _model.Gradient(_tokens, Difference, at: Below, edit: gradient.Edits).Gradients[Below][0];

        // The error is what it is without the step.
        var errors = Errors(tinySae);
        AssertQuotient("below", found, i => Math.Cos(i), step => Metric(new ModelTwin(_tiny)
        {
            Edit = (name, value) =>
            {
                for (var i = 0; name == Below && i < value.Values.Length; i++)
                    value.Values[i] += step * Math.Cos(i);
                Splice(tinySae, errorTerm, errors: errors)(name, value);
            },
        }));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Gradient_SkipTranscoder_IsTheTwinsDifferenceQuotient(bool errorTerm)
    {
        using var tinySae = new TinySae(new TinySaeShape { Architecture = "jumprelu_skip_transcoder", Hook = "blocks.1.hook_resid_mid", DOut = 20, Seed = 4 });
        var gradient = new SaeGradient(tinySae.Load(), errorTerm);
        var found = _model.Gradient(_tokens, Difference, at: Below, edit: gradient.Edits).Gradients[Below][0];
        Assert.Equal(2, gradient.Edits.Count);

        var clean = new ModelTwin(_tiny);
        clean.Run(_tokens);
        var (x, y) = (clean.Hooks["blocks.1.hook_resid_mid"].Values, clean.Hooks["blocks.1.hook_mlp_out"].Values);
        var errors = Outputs(tinySae, x).Zip(y, (made, wanted) => wanted - made).ToArray();
        double Shifted(double step, Func<int, double, double>? acts = null)
        {
            double[] read = [];
            return Metric(new ModelTwin(_tiny)
            {
                Edit = (name, value) =>
                {
                    for (var i = 0; name == Below && acts is null && i < value.Values.Length; i++)
                        value.Values[i] += step * Math.Cos(i);
                    if (name == "blocks.1.hook_resid_mid")
                        read = (double[])value.Values.Clone();
                    if (name == "blocks.1.hook_mlp_out")
                        Outputs(tinySae, read, acts).Select((v, i) => v + (errorTerm ? errors[i] : 0)).ToArray().CopyTo(value.Values, 0);
                },
            });
        }

        AssertQuotient("below", found, i => Math.Cos(i), step => Shifted(step));
        AssertQuotient("features", gradient.DenseGradients(), i => Math.Sin(i + 1), step => Shifted(step, (i, v) => v + step * Math.Sin(i + 1)));
    }

    [Fact]
    public void Gradient_OnAPath_IsThatOfTheGivenFeatures()
    {
        using var tinySae = new TinySae(Shapes[0]);
        var baseline = Tensor.Zeros(_tokens.Length, tinySae.Shape.DSae);
        baseline[2, 5] = 1.5f;
        var gradient = new SaeGradient(tinySae.Load(), errorTerm: true, new SaePath([0, 0.25, 1], baseline));
        var found = _model.Gradient((int[][])[_tokens, _tokens, _tokens], Difference, at: Below, edit: gradient.Edits);
        Assert.Equal(_model.Gradient(_tokens, Difference, at: Below).Values[0], found.Values[2], 1e-4);
        for (var p = 0; p < 3; p++)
        {
            var share = new[] { 0, 0.25, 1 }[p];
            Assert.Equal(Metric(new ModelTwin(_tiny) { Edit = Splice(tinySae, true, acts: (i, v) => share * v + (1 - share) * baseline.Span[i]) }), found.Values[p], 1e-4);
            Assert.All(found.Gradients[Below][p].Span.ToArray(), v => Assert.Equal(0, v));
        }
    }

    [Theory, InlineData("temporal"), InlineData("matching_pursuit")]
    public void SaeGradient_KindWithout_IsRefused(string architecture)
    {
        using var tinySae = new TinySae(new TinySaeShape { Architecture = architecture, DSae = 48, DIn = 20 });
        var e = Assert.Throws<SaeException>(() => new SaeGradient(tinySae.Load()));
        Assert.Contains("gradients go through", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaeGradient_PathThatDoesNotFit_IsRefused()
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        Assert.Throws<SaeException>(() => _model.Gradient(_tokens, Difference, edit: new SaeGradient(sae, path: new SaePath([0, 1])).Edits));
        Assert.Throws<SaeException>(() => _model.Gradient(_tokens, Difference, edit: new SaeGradient(sae, path: new SaePath([0], Tensor.Zeros(2, 53))).Edits));
        Assert.Throws<SaeException>(() => new SaeGradient(sae).Features);
    }

    private static void AssertQuotient(string what, Tensor gradient, Func<int, double> direction, Func<double, double> metric)
    {
        double found = 0, size = 0;
        for (var i = 0; i < gradient.Length; i++)
        {
            found += gradient.Span[i] * direction(i);
            size += Math.Abs(gradient.Span[i] * direction(i));
        }

        var wanted = (metric(Step) - metric(-Step)) / (2 * Step);
        Assert.True(Math.Abs(found - wanted) <= 1e-4 * size + 1e-6, $"{what}: {found}, the difference quotient is {wanted}, of terms that sum up to {size}");
    }

    private double Metric(ModelTwin twin)
    {
        var logits = twin.Run(_tokens);
        return GradientTwin.LogitDifference(logits, _tokens, _tiny.Shape.Vocab);
    }

    private static double[] Outputs(TinySae sae, double[] x, Func<int, double, double>? change = null)
    {
        var (twin, d) = (new SaeTwin(sae), sae.Shape.DIn);
        return [.. Enumerable.Range(0, x.Length / d).SelectMany(row => twin.Run(x[(row * d)..((row + 1) * d)], acts =>
        {
            for (var f = 0; f < acts.Length; f++)
                acts[f] = change?.Invoke(row * acts.Length + f, acts[f]) ?? acts[f];
        }).Output)];
    }

    private double[] Errors(TinySae sae)
    {
        double[] errors = [];
        new ModelTwin(_tiny)
        {
            Edit = (name, value) =>
            {
                if (name == sae.Shape.Hook)
                    errors = [.. value.Values.Zip(Outputs(sae, value.Values), (a, b) => a - b)];
            },
        }.Run(_tokens);
        return errors;
    }

    // The SAE in its place, its error that of the undisturbed input or given.
    private static Action<string, TwinValue> Splice(TinySae sae, bool errorTerm, Func<int, double, double>? acts = null, double[]? errors = null) => (name, value) =>
    {
        if (name != sae.Shape.Hook)
            return;
        errors ??= [.. value.Values.Zip(Outputs(sae, value.Values), (a, b) => a - b)];
        Outputs(sae, value.Values, acts).Select((v, i) => v + (errorTerm ? errors[i] : 0)).ToArray().CopyTo(value.Values, 0);
    };
}
