using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Runs that stop early or start late.</summary>
public sealed class LayerRangeTests : IDisposable
{
    private readonly TinyModel _tiny = new(new TinyShape { Layers = 4 });
    private readonly int[][] _prompts;

    public LayerRangeTests() => _prompts = [_tiny.Prompt(7, 1), _tiny.Prompt(3, 2)];

    public void Dispose() => _tiny.Dispose();

    [Theory, InlineData(0), InlineData(1), InlineData(3), InlineData(-1), InlineData(-4)]
    public void Run_StopAtLayer_GivesWhatEntersIt(int stop)
    {
        var model = _tiny.Load();
        var layer = stop < 0 ? stop + 4 : stop;
        var run = model.Run(_prompts, stopAtLayer: stop);
        Assert.Equal([10, 20], run.Residual.Shape.ToArray());
        for (var p = 0; p < 2; p++)
        {
            var twin = new ModelTwin(_tiny);
            twin.Run(_prompts[p]);
            TwinAssert.Close($"prompt {p}", twin.Hooks[$"blocks.{layer}.hook_resid_pre"].Values, run.Residual.Rows(run.Batch.FirstRow(p), run.Batch.Length(p)));
        }
    }

    [Theory, InlineData(0), InlineData(2), InlineData(4)]
    public void Run_StopThenStart_IsBitForBitTheWholeRun(int layer)
    {
        var model = _tiny.Load();
        var whole = model.Run(_prompts);
        Tensor residual = layer == 4 ? Join(model.Run(_prompts, capture: "blocks.3.hook_resid_post").Activations["blocks.3.hook_resid_post"]) : model.Run(_prompts, stopAtLayer: layer).Residual;
        var before = residual.Clone();
        var rest = model.Run(_prompts, startAtLayer: layer, residual: residual);
        for (var p = 0; p < 2; p++)
            TwinAssert.Same($"prompt {p}", whole.Logits[p], rest.Logits[p]);
        TwinAssert.Same("the residual stream that was given", before, residual);
    }

    [Fact]
    public void Run_Part_HasLogitsOrResidualButNotBoth()
    {
        var model = _tiny.Load();
        Assert.Throws<InvalidOperationException>(() => model.Run(_prompts).Residual);
        Assert.Throws<InvalidOperationException>(() => model.Run(_prompts, stopAtLayer: 2).Logits);
        Assert.Throws<InvalidOperationException>(() => model.Run(_prompts, stopAtLayer: 2).Loss());
        Assert.Equal(2, model.Run(_prompts, stopAtLayer: 4).Logits.Count);
    }

    [Theory]
    [InlineData(0, 5, "-4 to 4")]
    [InlineData(0, -5, "-4 to 4")]
    [InlineData(3, 2, "0 to 2")]
    [InlineData(-1, 2, "0 to 2")]
    [InlineData(5, 4, "0 to 4")]
    public void Run_RangeThatIsNone_IsRefused(int start, int stop, string range)
    {
        var residual = Tensor.Zeros(10, 20);
        var e = Assert.Throws<HookException>(() => _tiny.Load().Run(_prompts, startAtLayer: start, residual: residual, stopAtLayer: stop));
        Assert.Contains(range, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_StartWithoutResidual_IsRefused()
    {
        var e = Assert.Throws<HookException>(() => _tiny.Load().Run(_prompts, startAtLayer: 1));
        Assert.Contains("'residual'", e.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(9, 20), InlineData(10, 19), InlineData(11, 20)]
    public void Run_ResidualOfWrongSize_IsRefused(int rows, int width)
    {
        var e = Assert.Throws<PromptException>(() => _tiny.Load().Run(_prompts, startAtLayer: 1, residual: Tensor.Zeros(rows, width)));
        Assert.Contains("[10, 20]", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("blocks.0.hook_resid_post", "this run of {0} has layers 1–2; did you mean blocks.1.hook_resid_post?")]
    [InlineData("blocks.3.hook_resid_post", "this run of {0} has layers 1–2; did you mean blocks.2.hook_resid_post?")]
    [InlineData("hook_embed", "this run of {0} has no such hook")]
    [InlineData("ln_final.hook_scale", "this run of {0} has no such hook")]
    public void Run_HookOutsideTheRange_IsRefused(string hook, string why)
    {
        var model = _tiny.Load();
        var residual = model.Run(_prompts, stopAtLayer: 1).Residual;
        var kept = Assert.Throws<HookException>(() => model.Run(_prompts, startAtLayer: 1, residual: residual, stopAtLayer: 3, capture: hook));
        var edited = Assert.Throws<HookException>(() => model.Run(_prompts, startAtLayer: 1, residual: residual, stopAtLayer: 3, edit: [Hook.Zero(hook)]));
        Assert.StartsWith($"{hook}: {string.Format(why, model.Name)}", kept.Message, StringComparison.Ordinal);
        Assert.Equal(kept.Message, edited.Message);
    }

    [Fact]
    public void Run_PatternOverPartOfTheModel_KeepsThatPart()
    {
        var model = _tiny.Load();
        var residual = model.Run(_prompts, stopAtLayer: 1).Residual;
        var run = model.Run(_prompts, startAtLayer: 1, residual: residual, stopAtLayer: 3, capture: "*hook_resid_p*");
        Assert.Equal(
            ["blocks.1.hook_resid_pre", "blocks.1.hook_resid_post", "blocks.2.hook_resid_pre", "blocks.2.hook_resid_post"],
            run.Activations.Points.Select(p => p.ToString()));
    }

    private static Tensor Join(Activation kept)
    {
        var joined = Tensor.Zeros(Enumerable.Range(0, kept.Count).Sum(p => kept[p].Shape[0]), kept[0].Shape[1]);
        for (int p = 0, row = 0; p < kept.Count; row += kept[p++].Shape[0])
            kept[p].Span.CopyTo(joined.Rows(row, kept[p].Shape[0]).Span);
        return joined;
    }
}
