using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Keeping and changing values during a run.</summary>
public sealed class HookRunTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly int[] _tokens;

    public HookRunTests() => _tokens = _tiny.Prompt(8, 1);

    public void Dispose() => _tiny.Dispose();

    public static TheoryData<string> SomeHooks() =>
    [
        "*", "hook_embed", "blocks.*.hook_resid_*", "blocks.1.ln1.hook_scale", "blocks.1.ln1.hook_normalized", "blocks.*.ln1_post.*",
        "blocks.0.ln2.*", "blocks.*.attn.hook_attn_scores", "blocks.*.attn.hook_pattern", "blocks.?.mlp.*", "blocks.1.hook_mlp_in", "ln_final.*", "unembed.*",
    ];

    [Theory, MemberData(nameof(SomeHooks))]
    public void Run_HooksAsked_LogitsAreTheSameBits(string pattern)
    {
        var model = _tiny.Load();
        TwinAssert.Same(pattern, model.Run(_tokens).Logits[0], model.Run(_tokens, capture: pattern).Logits[0]);
    }

    // Heads kept apart are summed one by one, so here the bits may differ.
    [Fact]
    public void Run_HookResultAsked_LogitsStay()
    {
        var model = _tiny.Load();
        var wanted = model.Run(_tokens).Logits[0];
        Golden.AssertClose("logits", wanted, model.Run(_tokens, capture: "blocks.*.attn.hook_result").Logits[0], 1e-5);
    }

    [Fact]
    public void Run_EditAndCaptureAtOneHook_KeepsTheEditedValue()
    {
        var run = _tiny.Load().Run(_tokens, capture: "blocks.1.hook_resid_post", edit: [Hook.Zero("blocks.1.hook_resid_post", position: 2)]);
        var kept = run.Activations["blocks.1.hook_resid_post"][0];
        Assert.All(kept[2].Memory.ToArray(), v => Assert.Equal(0, v));
        Assert.All(kept[3].Memory.ToArray(), v => Assert.NotEqual(0, v));
    }

    [Fact]
    public void Run_SeveralEdits_AreMadeInTheirOrder()
    {
        var model = _tiny.Load();
        var ones = Enumerable.Repeat(1f, 20).ToArray();
        float First(params Edit[] edits) =>
            model.Run(_tokens, capture: "blocks.0.hook_resid_pre", edit: edits).Activations["blocks.0.hook_resid_pre"][0][0, 0];
        Assert.Equal(1, First(Hook.Zero("blocks.0.hook_resid_pre"), Hook.Add("blocks.0.hook_resid_pre", ones)));
        Assert.Equal(0, First(Hook.Add("blocks.0.hook_resid_pre", ones), Hook.Zero("blocks.0.hook_resid_pre")));
    }

    [Fact]
    public void Run_EditByPattern_ChangesEveryMatch()
    {
        var seen = new List<string>();
        _tiny.Load().Run(_tokens, edit: [new Edit("blocks.*.hook_mlp_out", value => seen.Add(value.Point.ToString()))]);
        Assert.Equal(["blocks.0.hook_mlp_out", "blocks.1.hook_mlp_out", "blocks.2.hook_mlp_out"], seen);
    }

    [Fact]
    public void Run_KeptValues_DoNotChangeWhenTheModelRunsAgain()
    {
        var model = _tiny.Load();
        var kept = model.Run(_tokens, capture: "*").Activations["blocks.1.mlp.hook_post"][0];
        var copy = kept.Clone();
        model.Run(_tiny.Prompt(20, 2), capture: "*");
        TwinAssert.Same("kept", copy, kept);
    }

    [Fact]
    public void Zero_HeadPositionIndex_TouchesOnlyThat()
    {
        var run = _tiny.Load().Run(
            _tokens, capture: "blocks.0.*", edit: [Hook.Zero("blocks.0.attn.hook_z", position: 3, head: 2), Hook.Zero("blocks.0.mlp.hook_post", index: 4)]);
        var z = run.Activations["blocks.0.attn.hook_z"][0];
        var post = run.Activations["blocks.0.mlp.hook_post"][0];
        for (var pos = 0; pos < 8; pos++)
        {
            for (var head = 0; head < 4; head++)
                Assert.Equal(pos == 3 && head == 2, z[pos, head, 0] == 0);
            Assert.Equal(0, post[pos, 4]);
            Assert.NotEqual(0, post[pos, 5]);
        }
    }

    [Fact]
    public void SetAndScale_HeadPositionIndex_TouchOnlyThat()
    {
        const string Z = "blocks.0.attn.hook_z", Post = "blocks.0.mlp.hook_post";
        var model = _tiny.Load();
        var clean = model.Run(_tokens, capture: (string[])[Z, Post]).Activations;
        var run = model.Run(_tokens, capture: (string[])[Z, Post], edit: [Hook.Set(Z, 0.75f, position: 3, head: 2, index: 1), Hook.Scale(Post, -2, position: 0, index: 4)]);
        var (z, post) = (run.Activations[Z][0], run.Activations[Post][0]);
        for (var pos = 0; pos < 8; pos++)
        {
            for (var head = 0; head < 4; head++)
            {
                Assert.Equal(pos == 3 && head == 2 ? 0.75f : clean[Z][0][pos, head, 1], z[pos, head, 1]);
                Assert.Equal(clean[Z][0][pos, head, 2], z[pos, head, 2]);
            }
        }

        var before = model.Run(_tokens, capture: Post, edit: [Hook.Set(Z, 0.75f, position: 3, head: 2, index: 1)]).Activations[Post][0];
        Assert.Equal(-2 * before[0, 4], post[0, 4]);
        Assert.Equal(before[1, 4], post[1, 4]);
        Assert.Equal(before[0, 5], post[0, 5]);
    }

    [Fact]
    public void Replace_OnePromptOfTwo_LeavesTheOther()
    {
        var model = _tiny.Load();
        int[] other = _tiny.Prompt(5, 9);
        var clean = model.Run(_tokens, capture: "blocks.1.hook_resid_post");
        var with = model.Run(other, capture: "blocks.1.hook_resid_post").Activations["blocks.1.hook_resid_post"][0];
        var run = model.Run((int[][])[_tokens, _tiny.Prompt(5, 10)], edit: [Hook.Replace("blocks.1.hook_resid_post", with, prompt: 1)]);
        TwinAssert.Same("first", clean.Logits[0], run.Logits[0]);
        TwinAssert.Same("second", model.Run(other).Logits[0], run.Logits[1]);
    }

    [Theory]
    [InlineData("blocks.0.hook_resid_pre", 19)]
    [InlineData("blocks.0.mlp.hook_post", 20)]
    public void Add_VectorOfAnotherLength_IsRefused(string hook, int length)
    {
        var e = Assert.Throws<HookException>(() => _tiny.Load().Run(_tokens, edit: [Hook.Add(hook, new float[length])]));
        Assert.Contains($"{hook} takes", e.Message, StringComparison.Ordinal);
        Assert.Contains($"but {length} were given", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Zero_HeadThatIsNotThere_IsRefused()
    {
        var model = _tiny.Load();
        Assert.Throws<HookException>(() => model.Run(_tokens, edit: [Hook.Zero("blocks.0.attn.hook_z", head: 4)]));
        Assert.Throws<HookException>(() => model.Run(_tokens, edit: [Hook.Zero("blocks.0.hook_resid_pre", head: 0)]));
    }

    [Fact]
    public void Zero_IndexThatIsNotThere_IsRefused()
    {
        var e = Assert.Throws<HookException>(() => _tiny.Load().Run(_tokens, edit: [Hook.Zero("blocks.0.mlp.hook_post", index: 28)]));
        Assert.Contains("blocks.0.mlp.hook_post", e.Message, StringComparison.Ordinal);
        Assert.Contains("28", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Zero_AttentionPattern_AsksForChange()
    {
        var e = Assert.Throws<HookException>(() => _tiny.Load().Run(_tokens, edit: [Hook.Zero("blocks.0.attn.hook_pattern")]));
        Assert.Contains("Hook.Change", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Zero_NegativePosition_IsRefused() =>
        Assert.Throws<HookException>(() => Hook.Zero("blocks.0.hook_resid_pre", position: -1));

    [Fact]
    public void Replace_PromptThatIsNotThere_IsRefused() =>
        Assert.Throws<HookException>(() => _tiny.Load().Run(_tokens, edit: [Hook.Replace("hook_embed", Tensor.Zeros(8, 20), prompt: 1)]));

    [Fact]
    public void Activations_HookNotKept_SaysHowToKeepIt()
    {
        var kept = _tiny.Load().Run(_tokens, capture: "hook_embed").Activations;
        Assert.True(kept.Contains(new HookPoint(HookSite.Embed)));
        var e = Assert.Throws<HookException>(() => kept["blocks.1.hook_resid_post"]);
        Assert.Contains("capture", e.Message, StringComparison.Ordinal);
    }
}
