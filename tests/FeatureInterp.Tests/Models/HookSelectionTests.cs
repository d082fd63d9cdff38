using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Which hooks a name or pattern selects, and what an error says when it selects none.</summary>
public sealed class HookSelectionTests : IDisposable
{
    private static readonly int[] Tokens = [1, 2, 3];

    private static readonly string[] EveryHook =
        ["*", "blocks.*.attn.hook_result", "blocks.*.hook_mlp_in", "blocks.*.hook_q_input", "blocks.*.hook_k_input", "blocks.*.hook_v_input"];

    private readonly TinyModel _tiny = new(new TinyShape { Layers = 4 });
    private readonly Transformer _model;

    public HookSelectionTests() => _model = _tiny.Load();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("blocks.26.hook_resid_post", "layers 0–3", "blocks.3.hook_resid_post")]
    [InlineData("blocks.4.attn.hook_z", "layers 0–3", "blocks.3.attn.hook_z")]
    [InlineData("blocks.2.hook_resid_pos", "no such hook", "blocks.2.hook_resid_post")]
    [InlineData("blocks.03.hook_resid_post", "no such hook", "blocks.3.hook_resid_post")]
    [InlineData("blocks.1.hook_mlp_outt", "no such hook", "blocks.1.hook_mlp_out")]
    [InlineData("hook_embeded", "no such hook", "hook_embed")]
    public void Run_NameThatIsNone_SaysWhatThereIs(string name, string what, string nearest)
    {
        var e = Assert.Throws<HookException>(() => _model.Run(Tokens, capture: name));
        Assert.StartsWith(name, e.Message, StringComparison.Ordinal);
        Assert.Contains(what, e.Message, StringComparison.Ordinal);
        Assert.Contains($"did you mean {nearest}?", e.Message, StringComparison.Ordinal);
        Assert.Equal(e.Message, Assert.Throws<HookException>(() => _model.Run(Tokens, edit: [Hook.Zero(name)])).Message);
    }

    [Theory, InlineData("blocks.*.hook_resid_pots"), InlineData("blocks.9?.hook_z"), InlineData("*.hook_sae_acts_post"), InlineData("")]
    public void Run_PatternThatMatchesNothing_IsAnError(string pattern)
    {
        var e = Assert.Throws<HookException>(() => _model.Run(Tokens, capture: (string[])["hook_embed", pattern]));
        Assert.StartsWith(pattern, e.Message, StringComparison.Ordinal);
        Assert.Contains("did you mean", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_SaeNameWithoutAnSae_SaysSo()
    {
        var e = Assert.Throws<HookException>(() => _model.Run(Tokens, capture: "blocks.1.hook_resid_post.hook_sae_acts_post"));
        Assert.Contains("no SAE is spliced in at blocks.1.hook_resid_post", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WidthOf_EachSite_IsTheSizeOfOnePosition()
    {
        var run = _model.Run(Tokens, capture: (string[])["*", "blocks.*.attn.hook_result", "blocks.*.hook_mlp_in"]);
        foreach (var point in run.Activations.Points)
            Assert.Equal(point.Site.IsAttention() ? 0 : run.Activations[point][0].Length / 3, _model.WidthOf(point));
        Assert.Contains("layers 0–3", Assert.Throws<HookException>(() => _model.WidthOf(new HookPoint(HookSite.Z, 7))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*", 5 + 25 * 4)]
    [InlineData("blocks.*", 25 * 4)]
    [InlineData("blocks.?.hook_resid_post", 4)]
    [InlineData("blocks.1.*", 25)]
    [InlineData("*hook_resid*", 12)]
    [InlineData("*hook_scale", 4 * 4 + 1)]
    [InlineData("blocks.[12].hook_resid_post", 0)]
    [InlineData("*hook_result", 0)]
    [InlineData("blocks.*.attn.hook_resul?", 0)]
    [InlineData("blocks.*.attn.hook_result", 4)]
    [InlineData("*.hook_result", 4)]
    [InlineData("blocks.?.hook_mlp_in", 4)]
    [InlineData("blocks.*.hook_?_input", 0)]
    [InlineData("blocks.*.hook_k_input", 4)]
    [InlineData("blocks.*.hook_mlp_*", 4)]
    [InlineData("blocks.2.attn.hook_result", 1)]
    public void Resolve_Pattern_SelectsThatMany(string pattern, int count) =>
        Assert.Equal(count, _model.HookPoints.Count(p => HookSelection.Matches(pattern, p)));

    [Theory]
    [InlineData("**", true)]
    [InlineData("h*e*d", true)]
    [InlineData("hook_embe?", true)]
    [InlineData("hook_embed?", false)]
    [InlineData("?ook*", true)]
    [InlineData("ook*", false)]
    [InlineData("*embed", true)]
    [InlineData("*embe", false)]
    [InlineData("HOOK_EMBED", false)]
    [InlineData("*e*e*e*", false)]
    [InlineData("*o*o*_*e*", true)]
    public void Matches_StarsAndQuestionMarks_StandForWhatTheySay(string pattern, bool matches) =>
        Assert.Equal(matches, HookSelection.Matches(pattern, new HookPoint(HookSite.Embed)));

    [Fact]
    public void Run_OverlappingPatterns_KeepEachHookOnce()
    {
        var run = _model.Run(Tokens, capture: (string[])["blocks.0.hook_resid_pre", "blocks.*.hook_resid_pre", "*_pre"]);
        Assert.Equal(run.Activations.Points.Distinct(), run.Activations.Points);
        Assert.Equal(8, run.Activations.Points.Count);
    }

    [Fact]
    public void Run_HookPoints_AreTakenAsTheySay()
    {
        HookPoint[] points = [new(HookSite.Result, 2), new(HookSite.MlpInput, 1)];
        Assert.Equal(points.Order(Comparer<HookPoint>.Create((a, b) => a.Layer - b.Layer)), _model.Run(Tokens, capture: points).Activations.Points);
    }

    [Fact]
    public void HookPoints_OfAModel_AreInTheOrderOfARun()
    {
        Assert.Equal(_model.HookPoints, _model.Run(Tokens, capture: EveryHook).Activations.Points);
    }

    [Fact]
    public void Run_NoCapture_KeepsNothing() => Assert.Empty(_model.Run(Tokens).Activations.Points);
}
