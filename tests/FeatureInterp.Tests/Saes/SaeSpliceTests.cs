using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>SAEs in the place of hooks of a made-up model, against the two twins put together.</summary>
public sealed class SaeSpliceTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly Transformer _model;
    private readonly int[] _tokens;

    public SaeSpliceTests()
    {
        _model = _tiny.Load();
        _tokens = _tiny.Prompt(8, 1);
    }

    public void Dispose() => _tiny.Dispose();

    private static readonly TinySaeShape[] Shapes =
    [
        new(),
        new() { Architecture = "standard", Hook = "blocks.0.hook_mlp_out", Seed = 2 },
        new() { Hook = "blocks.1.attn.hook_z", Reshape = "hook_z", DIn = 24, Seed = 3 },
        new() { Hook = "blocks.2.hook_resid_pre", Normalize = "layer_norm", Seed = 4 },
        new() { Hook = "hook_embed", Normalize = "constant_norm_rescale", DType = DType.BF16, Seed = 5 },
        new() { Hook = "blocks.1.mlp.hook_post", DIn = 28, ApplyBDec = false, Seed = 6 },
        new() { Hook = "blocks.1.hook_mlp_in", Seed = 7 },
        new() { Hook = "blocks.2.hook_resid_post", DType = DType.F16, Seed = 8 },
    ];

    public static TheoryData<int, bool, bool> Cases()
    {
        var cases = new TheoryData<int, bool, bool>();
        for (var i = 0; i < Shapes.Length; i++)
        {
            foreach (var errorTerm in new[] { false, true })
            {
                cases.Add(i, errorTerm, false);
                cases.Add(i, errorTerm, true);
            }
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Run_Spliced_EqualsTheTwins(int shape, bool errorTerm, bool edited)
    {
        using var tinySae = new TinySae(Shapes[shape]);
        var hook = tinySae.Shape.Hook;
        var acts = hook + ".hook_sae_acts_post";
        var twin = new ModelTwin(_tiny) { Edit = Splice(tinySae, errorTerm, edited, _spliced) };
        var logits = twin.Run(_tokens);

        Edit[] edits = edited ? [Hook.Zero(acts, index: 4), Hook.Change(acts, a => { for (var t = 0; t < a.Shape[0]; t++) a[t, 9] += 1.5f; })] : [];
        var run = _model.Run(_tokens, capture: "*", edit: edits, splice: [tinySae.Load().Splice(errorTerm)]);
        TwinAssert.Close("logits", logits, run.Logits[0]);
        Assert.Equal(_spliced.Keys.Order(StringComparer.Ordinal), run.Activations.Points.Where(p => p.Sae != SaeSite.None).Select(p => p.ToString()).Order(StringComparer.Ordinal));
        foreach (var (name, wanted) in _spliced)
            TwinAssert.Close(name, wanted.ToArray(), run.Activations[name][0]);
        Assert.DoesNotContain(run.Activations.Points, p => p.ToString() == hook);
    }

    private readonly Dictionary<string, List<double>> _spliced = new(StringComparer.Ordinal);

    [Theory, InlineData(0), InlineData(2), InlineData(3), InlineData(4), InlineData(5)]
    public void Run_SplicedWithErrorTerm_LeavesTheLogits(int shape)
    {
        using var tinySae = new TinySae(Shapes[shape]);
        var clean = _model.Run(_tokens).Logits[0];
        var sae = tinySae.Load();
        Golden.AssertClose("logits", clean, _model.Run(_tokens, splice: [sae.Splice(errorTerm: true)]).Logits[0], 1e-5);
        Assert.Contains(
            _model.Run(_tokens, splice: [sae.Splice()]).Logits[0].Memory.ToArray().Zip(clean.Memory.ToArray()), pair => Math.Abs(pair.First - pair.Second) > 1e-2);
    }

    [Fact]
    public void Run_UnequalPromptsSpliced_AreBitForBitWhatEachIsAlone()
    {
        using var tinySae = new TinySae();
        var splice = tinySae.Load().Splice(errorTerm: true);
        int[][] prompts = [_tiny.Prompt(9, 2), _tiny.Prompt(2, 3), _tiny.Prompt(5, 4)];
        var together = _model.Run(prompts, splice: [splice], capture: "*hook_sae_acts_post");
        for (var p = 0; p < 3; p++)
        {
            var alone = _model.Run(prompts[p], splice: [splice], capture: "*hook_sae_acts_post");
            TwinAssert.Same("logits", alone.Logits[0], together.Logits[p]);
            TwinAssert.Same("features", alone.Activations["blocks.1.hook_resid_post.hook_sae_acts_post"][0], together.Activations["blocks.1.hook_resid_post.hook_sae_acts_post"][p]);
        }
    }

    [Fact]
    public void Run_TwoSaesAtDifferentHooks_TheSecondSeesTheFirst()
    {
        using TinySae first = new(), second = new(new TinySaeShape { Hook = "blocks.2.hook_resid_pre", Seed = 9 });
        ISplice[] splices = [second.Load().Splice(), first.Load().Splice()];
        var run = _model.Run(_tokens, capture: "*", splice: splices);
        TwinAssert.Same("what passes between them", run.Activations["blocks.1.hook_resid_post.hook_sae_output"][0], run.Activations["blocks.2.hook_resid_pre.hook_sae_input"][0]);

        Action<string, TwinValue> a = Splice(first, false, false, _spliced), b = Splice(second, false, false, _spliced);
        var twin = new ModelTwin(_tiny) { Edit = (name, value) => { a(name, value); b(name, value); } };
        TwinAssert.Close("logits", twin.Run(_tokens), run.Logits[0]);
    }

    [Fact]
    public void Run_TwoSaesAtOneHook_IsRefused()
    {
        using TinySae first = new(), second = new(new TinySaeShape { Seed = 9 });
        var e = Assert.Throws<HookException>(() => _model.Run(_tokens, splice: [first.Load().Splice(), second.Load().Splice()]));
        Assert.Contains("blocks.1.hook_resid_post", e.Message, StringComparison.Ordinal);
        Assert.Contains("two SAEs", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_BareNameUnderAnSae_NamesTheTwoThatStandForIt()
    {
        using var tinySae = new TinySae();
        var e = Assert.Throws<HookException>(() => _model.Run(_tokens, capture: "blocks.1.hook_resid_post", splice: [tinySae.Load().Splice()]));
        Assert.Contains("blocks.1.hook_resid_post.hook_sae_input", e.Message, StringComparison.Ordinal);
        Assert.Contains("blocks.1.hook_resid_post.hook_sae_output", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ErrorHookWithoutErrorTerm_IsRefused()
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        const string Name = "blocks.1.hook_resid_post.hook_sae_error";
        Assert.Throws<HookException>(() => _model.Run(_tokens, capture: Name, splice: [sae.Splice()]));
        Assert.True(_model.Run(_tokens, capture: Name, splice: [sae.Splice(errorTerm: true)]).Activations.Contains(HookPoint.Parse(Name)));
    }

    [Fact]
    public void Run_SpliceOutsideTheRange_IsRefused()
    {
        using var tinySae = new TinySae();
        var e = Assert.Throws<HookException>(() => _model.Run(_tokens, stopAtLayer: 1, splice: [tinySae.Load().Splice()]));
        Assert.Contains("blocks.1.hook_resid_post", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_Spliced_EqualsRepeatedWholeRuns()
    {
        using var tinySae = new TinySae();
        ISplice[] splices = [tinySae.Load().Splice()];
        Edit[] edits = [Hook.Zero("blocks.1.hook_resid_post.hook_sae_acts_post", index: 4)];
        var text = _tokens;
        for (var i = 0; i < 10; i++)
            text = [.. text, _model.Run(text, edit: edits, splice: splices).Top(1)[0].Token];
        Assert.Equal(text[8..], _model.Generate(_tokens, 10, edit: edits, splice: splices)[0].Tokens);
    }

    /// <summary>The SAE's part of the twins' run; puts what each of its hooks held into a table.</summary>
    private static Action<string, TwinValue> Splice(TinySae sae, bool errorTerm, bool edited, Dictionary<string, List<double>> record) => (name, value) =>
    {
        if (name != sae.Shape.Hook)
            return;
        var twin = new SaeTwin(sae);
        void Note(string site, IEnumerable<double> values)
        {
            if (!record.TryGetValue(name + "." + site, out var list))
                record.Add(name + "." + site, list = []);
            list.AddRange(values);
        }

        for (var start = 0; start < value.Values.Length; start += sae.Shape.DIn)
        {
            var x = value.Values[start..(start + sae.Shape.DIn)];
            var steps = twin.Run(x, acts =>
            {
                if (edited)
                    (acts[4], acts[9]) = (0, acts[9] + 1.5);
            });
            var error = x.Zip(twin.Run(x).Output, (a, b) => a - b).ToArray();
            var output = errorTerm ? [.. steps.Output.Zip(error, (a, b) => a + b)] : steps.Output;
            Note("hook_sae_input", x);
            Note("hook_sae_acts_pre", steps.Pre);
            Note("hook_sae_acts_post", steps.Acts);
            Note("hook_sae_recons", steps.Recons);
            if (errorTerm)
                Note("hook_sae_error", error);
            Note("hook_sae_output", output);
            output.CopyTo(value.Values, start);
        }
    };
}
