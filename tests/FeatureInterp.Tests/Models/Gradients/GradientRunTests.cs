using FeatureInterp.Models;
using FeatureInterp.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace FeatureInterp.Tests;

/// <summary>Batches, parts of a model, the two ways of going back, and what is refused.</summary>
public sealed class GradientRunTests : IDisposable
{
    private static readonly LogitMetric Difference = LogitMetric.LogitDifference(3, 5);

    private readonly TinyModel _tiny = new(new TinyShape { Layers = 4 });
    private readonly int[][] _prompts;

    public GradientRunTests() => _prompts = [_tiny.Prompt(7, 1), _tiny.Prompt(1, 2), _tiny.Prompt(3, 3)];

    public static TheoryData<string> Families => [.. TwinFamily.Names];

    public void Dispose() => _tiny.Dispose();

    [Theory, MemberData(nameof(Families))]
    public void Gradient_PromptsOfAnyLength_AreBitForBitThoseAlone(string family)
    {
        using var tiny = new TinyModel(family: family);
        var model = tiny.Load();
        foreach (var metric in new[] { LogitMetric.LogitDifference([3, 4, 5], [5]), LogitMetric.LogProbability(2) })
        {
            var batch = model.Gradient(_prompts, metric, at: HookSelection.All);
            for (var p = 0; p < _prompts.Length; p++)
            {
                var metricAlone = metric.Name.Contains("minus", StringComparison.Ordinal) ? LogitMetric.LogitDifference(3 + p, 5) : metric;
                var alone = model.Gradient(_prompts[p], metricAlone, at: HookSelection.All);
                Assert.Equal(alone.Values[0], batch.Values[p]);
                foreach (var point in alone.Gradients.Points)
                    TwinAssert.Same($"{point} of prompt {p}", alone.Gradients[point][0], batch.Gradients[point][p]);
            }
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Gradient_BlocksComputedAgain_IsBitForBitThatOfHeldTapes(string family)
    {
        using var tiny = new TinyModel(family: family);
        var calls = 0;
        var edit = new GradientEdit("blocks.1.hook_resid_pre", value =>
        {
            calls++;
            TensorPrimitives.Multiply(value.Rows!.Span, 1.5f, value.Rows.Span);
            return gradient => TensorPrimitives.Multiply(gradient.Rows!.Span, 1.5f, gradient.Rows.Span);
        });
        var (held, again) = (tiny.Load(), tiny.Load());
        (held.HoldsTapes, again.HoldsTapes) = (true, false);
        HookSelection[] selections = ["blocks.0.attn.hook_q", "blocks.1.hook_resid_post", "hook_embed", "ln_final.hook_normalized", HookSelection.All];
        foreach (var at in selections)
        {
            var (wanted, found) = (held.Gradient(_prompts, Difference, at, [edit]), again.Gradient(_prompts, Difference, at, [edit]));
            Assert.Equal(wanted.Gradients.Points, found.Gradients.Points);
            foreach (var point in wanted.Gradients.Points)
            {
                for (var p = 0; p < _prompts.Length; p++)
                {
                    TwinAssert.Same($"{point}", wanted.Gradients[point][p], found.Gradients[point][p]);
                    TwinAssert.Same($"{point}", wanted.Activations[point][p], found.Activations[point][p]);
                }
            }
        }

        Assert.Equal(2 * selections.Length, calls);
    }

    [Theory, InlineData(1), InlineData(3), InlineData(-1), InlineData(4)]
    public void Gradient_FromTheResidualStream_GoesOnWhereTheWholeRunIs(int stop)
    {
        var model = _tiny.Load();
        var layer = stop < 0 ? stop + 4 : stop;
        var border = layer == 4 ? "blocks.3.hook_resid_post" : $"blocks.{layer}.hook_resid_pre";
        var whole = model.Gradient(_prompts, Difference, at: ["blocks.0.*", border]);
        var upstream = Join(whole.Gradients[border]);
        var below = model.Gradient(_prompts, upstream, stop, at: "blocks.0.*");
        foreach (var point in below.Gradients.Points)
        {
            for (var p = 0; p < _prompts.Length; p++)
                TwinAssert.Same($"{point}", whole.Gradients[point][p], below.Gradients[point][p]);
        }

        for (var p = 0; p < _prompts.Length; p++)
            Assert.Equal(TensorPrimitives.Dot<float>(whole.Gradients[border][p].Span, whole.Activations[border][p].Span), below.Values[p], 1e-6);
    }

    [Fact]
    public void Gradient_FromALaterBlockOn_IsThatOfTheWholeRun()
    {
        var model = _tiny.Load();
        var whole = model.Gradient(_prompts, Difference, at: ["blocks.2.*", "blocks.3.*"]);
        var part = model.Gradient(_prompts, Difference, at: "blocks.*", startAtLayer: 2, residual: Join(whole.Activations["blocks.2.hook_resid_pre"]));
        foreach (var point in whole.Gradients.Points)
        {
            for (var p = 0; p < _prompts.Length; p++)
                TwinAssert.Same($"{point}", whole.Gradients[point][p], part.Gradients[point][p]);
        }

        Assert.Equal(whole.Gradients.Points, part.Gradients.Points);
        Assert.Throws<HookException>(() => model.Gradient(_prompts, Difference, at: "hook_embed", startAtLayer: 2, residual: Join(whole.Activations["blocks.2.hook_resid_pre"])));
    }

    [Fact]
    public void Gradient_NoSuchHookOrNone_IsRefused()
    {
        var model = _tiny.Load();
        Assert.Contains("did you mean blocks.3.hook_resid_post?", Assert.Throws<HookException>(() => model.Gradient(_prompts, Difference, at: "blocks.4.hook_resid_post")).Message, StringComparison.Ordinal);
        Assert.Contains("name one in the argument 'at'", Assert.Throws<HookException>(() => model.Gradient(_prompts, Difference)).Message, StringComparison.Ordinal);
        Assert.Throws<HookException>(() => model.Gradient(_prompts, Difference, edit: [GradientEdit.Hold("blocks.1.hook_nothing")]));
        Assert.Throws<HookException>(() => model.Gradient(_prompts, Tensor.Zeros(11, 20), at: "ln_final.hook_normalized"));
        Assert.Throws<HookException>(() => model.Gradient(_prompts, Tensor.Zeros(11, 20), 2, at: "blocks.2.hook_resid_pre"));
    }

    [Fact]
    public void Gradient_UpstreamOrResidualOfAnotherSize_IsRefused()
    {
        var model = _tiny.Load();
        Assert.Contains("[11, 20]", Assert.Throws<PromptException>(() => model.Gradient(_prompts, Tensor.Zeros(10, 20), 2, at: "blocks.0.*")).Message, StringComparison.Ordinal);
        Assert.Contains("[11, 20]", Assert.Throws<PromptException>(() => model.Gradient(_prompts, Difference, at: "blocks.3.*", startAtLayer: 3, residual: Tensor.Zeros(10, 20))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gradient_Cancelled_Stops()
    {
        var model = _tiny.Load();
        using var source = new CancellationTokenSource();
        var edit = new GradientEdit("blocks.3.hook_resid_post", _ =>
        {
            source.Cancel();
            return null;
        });
        Assert.Throws<OperationCanceledException>(() => model.Gradient(_prompts, Difference, at: "blocks.0.hook_resid_pre", edit: [edit], cancellation: source.Token));
    }

    // Two gradients of hooks [8, 20] and one edited; eight tokens enter each of the three blocks above layer 0.
    [Fact]
    public void Plan_KeptHooks_CountsValuesAndGradients()
    {
        var model = _tiny.Load();
        var batch = new TokenBatch([_tiny.Prompt(5, 1), _tiny.Prompt(3, 2)]);
        var range = LayerRange.Whole(model);
        var one = Of("blocks.1.hook_resid_pre");
        Assert.Equal(8 * 20 * 2 * 4, one.Kept);
        Assert.Equal(2 * 8 * 61 * 4, one.Logits);
        Assert.Equal(8 * 20 * 3 * 4, Of("blocks.1.hook_resid_pre", GradientEdit.Hold("blocks.1.hook_resid_pre")).Kept);
        Assert.Equal(8 * 20 * 4, Of("blocks.0.hook_resid_pre").Work - one.Work);
        Assert.Equal(2 * 4 * (25 + 9) * 4, Of("blocks.1.attn.hook_pattern").Kept);

        MemoryPlan Of(string at, params GradientEdit[] edits)
        {
            var trace = new GradientTrace(model, at, edits, range, hasLogits: true);
            return GradientPlan.Of(model, batch, new HookScope(model, null, trace.Edits, null, range), trace, range, LogitsAt.Every);
        }
    }

    [Fact]
    public void HoldsTapes_MemoryForThem_OnlyThen()
    {
        var model = _tiny.Load();
        var plan = new MemoryPlan(1000, 0, 0, 0);
        Assert.True(GradientPlan.HoldsTapes(model, 100, 4, plan, 1e9));
        Assert.False(GradientPlan.HoldsTapes(model, 100, 4, plan, 1e5));
        Assert.False(GradientPlan.HoldsTapes(model, 100, 4, plan with { Scores = 1 }, 1e9));
    }

    private static Tensor Join(Activation activation)
    {
        var rows = new List<float>();
        for (var p = 0; p < activation.Count; p++)
            rows.AddRange(activation[p].Span);
        return new Tensor(rows.ToArray(), rows.Count / activation[0].Shape[1], activation[0].Shape[1]);
    }
}
