using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>Interventions against the model's and the SAE's twins put together, and sweeps of them against each by itself.</summary>
public sealed class InterventionTests : IDisposable
{
    private readonly TinyModel _tiny = new(new TinyShape { Tied = false, Seed = 3 });
    private readonly Transformer _model;
    private readonly int[] _tokens;

    public InterventionTests()
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
    ];

    private static readonly InterventionPositions[] Where = [InterventionPositions.All, InterventionPositions.Last, InterventionPositions.At(5, 2, 9)];

    private static Intervention[] Kinds(int firing) =>
    [
        Intervention.Steer(firing, -1.5, 2.25), Intervention.Clamp(firing, 3.5), Intervention.Clamp(7, 1.25), Intervention.Zero(firing), Intervention.Scale(firing, -2),
        Intervention.Add(4, 2) with { ErrorTerm = false }, Intervention.Add(4, 2) with { ErrorTerm = true }, Intervention.Zero(firing) with { ErrorTerm = false },
    ];

    public static TheoryData<int, int, bool, bool> Cases()
    {
        var cases = new TheoryData<int, int, bool, bool>();
        for (var shape = 0; shape < Shapes.Length; shape++)
        {
            for (var where = 0; where < Where.Length; where++)
            {
                cases.Add(shape, where, true, true);
                cases.Add(shape, where, true, false);
            }
        }

        cases.Add(0, 0, false, true);
        cases.Add(0, 1, false, true);
        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Run_EachKind_EqualsTheTwins(int shape, int where, bool onPrompt, bool onNew)
    {
        using var tinySae = new TinySae(Shapes[shape]);
        var sae = tinySae.Load();
        foreach (var kind in Kinds(Firing(tinySae)))
        {
            var intervention = kind with { Positions = Where[where], OnPrompt = onPrompt, OnNewTokens = onNew };
            var branch = sae.Intervene(intervention);
            var wanted = new ModelTwin(_tiny) { Edit = Twin(tinySae, intervention, _tokens.Length) }.Run(_tokens);
            TwinAssert.Close(intervention.ToString(), wanted, _model.Run(_tokens, edit: branch.Edits, splice: branch.Splices).Logits[0]);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Generate_EachKind_EqualsRepeatedWholeRunsOfTheTwins(int shape, int where, bool onPrompt, bool onNew)
    {
        using var tinySae = new TinySae(Shapes[shape]);
        var sae = tinySae.Load();
        foreach (var kind in Kinds(Firing(tinySae)))
        {
            var intervention = kind with { Positions = Where[where], OnPrompt = onPrompt, OnNewTokens = onNew };
            var text = _tokens;
            for (var i = 0; i < 6; i++)
            {
                var last = new ModelTwin(_tiny) { Edit = Twin(tinySae, intervention, _tokens.Length) }.Run(text)[^61..];
                text = [.. text, Array.IndexOf(last, last.Max())];
            }

            var branch = sae.Intervene(intervention);
            Assert.Equal(text[8..], _model.Generate(_tokens, 6, edit: branch.Edits, splice: branch.Splices)[0].Tokens);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Sweep_AllKindsAtOnce_IsBitForBitEachAlone(int shape, int where, bool onPrompt, bool onNew)
    {
        using var tinySae = new TinySae(Shapes[shape]);
        var sae = tinySae.Load();
        Branch[] branches = [Branch.Clean, .. Kinds(Firing(tinySae)).Select(k => sae.Intervene(k with { Positions = Where[where], OnPrompt = onPrompt, OnNewTokens = onNew }))];
        AssertAsAlone(branches);

        // Without splices the prompt's beginning can be shared as well.
        AssertAsAlone([.. branches.Where(b => b.Splices.Count == 0)]);
    }

    public static TheoryData<string> Architectures => ["gated", "topk", "abstopk", "temporal", "matching_pursuit", "transcoder", "jumprelu_skip_transcoder"];

    [Theory, MemberData(nameof(Architectures))]
    public void Sweep_EveryArchitecture_IsBitForBitEachAlone(string architecture)
    {
        var shape = new TinySaeShape { Architecture = architecture, Hook = architecture.EndsWith("transcoder", StringComparison.Ordinal) ? "blocks.1.hook_mlp_in" : "blocks.1.hook_resid_pre", DOut = 20, DSae = 52, Seed = 4 };
        using var tinySae = new TinySae(shape);
        var sae = tinySae.Load();
        Intervention[] kinds = [Intervention.Clamp(3, 2), Intervention.Clamp(3, 2) with { ErrorTerm = false }, Intervention.Scale(5, -1), Intervention.Add(7, 3), Intervention.Add(7, 3) with { ErrorTerm = true }];
        AssertAsAlone([Branch.Clean, .. kinds.Select(k => sae.Intervene(k))]);
        AssertAsAlone([.. kinds.Select(k => sae.Intervene(k with { Positions = InterventionPositions.Last }))]);
    }

    [Fact]
    public void Intervene_Several_ActInTheirOrder()
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        var f = Firing(tinySae);
        Intervention[] set = [Intervention.Clamp(f, 2), Intervention.Scale(f, 3), Intervention.Zero(9), Intervention.Steer(4, 2, 0.5)];
        var branch = sae.Intervene(set);
        var twin = new SaeTwin(tinySae);
        var wanted = new ModelTwin(_tiny)
        {
            Edit = (name, value) => ForEachToken(name, value, tinySae, (_, x) =>
            {
                double[] plain = twin.Run(x).Output, changed = twin.Run(x, a => (a[f], a[9]) = (6, 0)).Output;
                for (var d = 0; d < x.Length; d++)
                    x[d] = changed[d] + (x[d] - plain[d]) + tinySae.Decoder[4 * x.Length + d];
            }),
        };
        TwinAssert.Close("set", wanted.Run(_tokens), _model.Run(_tokens, edit: branch.Edits, splice: branch.Splices).Logits[0]);
    }

    [Fact]
    public void And_TwoSaes_ActTogether()
    {
        using TinySae first = new(), second = new(new TinySaeShape { Hook = "blocks.2.hook_resid_pre", Seed = 9 });
        Intervention a = Intervention.Clamp(3, 2) with { ErrorTerm = false }, b = Intervention.Scale(Firing(second), 3);
        var branch = first.Load().Intervene(a).And(second.Load().Intervene(b));
        Action<string, TwinValue> editA = Twin(first, a, 8), editB = Twin(second, b, 8);
        var wanted = new ModelTwin(_tiny) { Edit = (name, value) => { editA(name, value); editB(name, value); } }.Run(_tokens);
        TwinAssert.Close("both", wanted, new Sweep(_model, _tokens).Run([Branch.Clean, branch])[1].Logits[0]);
    }

    [Fact]
    public void Intervene_ErrorTermOnAndOff_IsRefused()
    {
        using var tinySae = new TinySae();
        var e = Assert.Throws<SaeException>(() => tinySae.Load().Intervene(Intervention.Zero(1), Intervention.Zero(2) with { ErrorTerm = false }));
        Assert.Contains("with and without its error term", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Intervene_FeatureOutOfRange_IsRefused()
    {
        using var tinySae = new TinySae();
        Assert.Contains("features 0 to 52", Assert.Throws<SaeException>(() => tinySae.Load().Intervene(Intervention.Zero(53))).Message, StringComparison.Ordinal);
        Assert.Throws<SaeException>(() => Intervention.Zero(-1));
    }

    [Theory, InlineData(double.NaN, 1), InlineData(double.PositiveInfinity, 1), InlineData(1e30, 1e30)]
    public void Steer_AmountThatIsNoNumber_IsRefused(double strength, double max) =>
        Assert.Contains("finite", Assert.Throws<SaeException>(() => Intervention.Steer(1, strength, max)).Message, StringComparison.Ordinal);

    [Fact]
    public void At_NoPositionOrANegativeOne_IsRefused()
    {
        Assert.Throws<SaeException>(() => InterventionPositions.At());
        Assert.Contains("-1", Assert.Throws<SaeException>(() => InterventionPositions.At(3, -1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_SaysWhatAndWhere()
    {
        Assert.Equal("add -3.5 · W_dec[7] at every position", Intervention.Steer(7, -2, 1.75).ToString());
        Assert.Equal("feature 2 = 0 at positions 1, 4 of the prompt, SAE without error term",
            (Intervention.Zero(2) with { Positions = InterventionPositions.At(4, 1), OnNewTokens = false, ErrorTerm = false }).ToString());
    }

    [Fact]
    public void Positions_AreValues()
    {
        Assert.Equal(InterventionPositions.At(4, 1), InterventionPositions.At(1, 4, 4));
        Assert.NotEqual(InterventionPositions.At(4), InterventionPositions.Last);
        Assert.NotEqual(InterventionPositions.All, InterventionPositions.Last);
        Assert.Equal(Intervention.Zero(3) with { Positions = InterventionPositions.At(1, 4) }, Intervention.Zero(3) with { Positions = InterventionPositions.At(4, 1) });
    }

    private void AssertAsAlone(Branch[] branches)
    {
        var sweep = new Sweep(_model, _tokens);
        var (runs, texts) = (sweep.Run(branches), sweep.Generate(branches, 7, new Sampling { Temperature = 1.3f, Seed = 4 }));
        for (var i = 0; i < branches.Length; i++)
        {
            TwinAssert.Same($"line {i}", _model.Run(_tokens, edit: branches[i].Edits, splice: branches[i].Splices).Logits[0], runs[i].Logits[0]);
            var alone = _model.Generate(_tokens, 7, new Sampling { Temperature = 1.3f, Seed = 4 }, branches[i].Edits, branches[i].Splices)[0];
            Assert.Equal(alone.Tokens, texts[i].Tokens);
            Assert.Equal(alone.LogProbabilities, texts[i].LogProbabilities);
        }
    }

    // A feature that fires somewhere on the prompt in the clean run.
    private int Firing(TinySae tinySae)
    {
        var features = new List<int>();
        var twin = new SaeTwin(tinySae);
        new ModelTwin(_tiny)
        {
            Edit = (name, value) => ForEachToken(name, value, tinySae, (_, x) =>
                features.AddRange(twin.Run(x).Acts.Select((a, f) => (a, f)).Where(p => p.a > 0).Select(p => p.f))),
        }.Run(_tokens);
        return features.GroupBy(f => f).MaxBy(g => g.Count())!.Key;
    }

    // The definition: with the error term x + decode(f′) − decode(f), without it decode(f′); W_dec added on top.
    private static Action<string, TwinValue> Twin(TinySae tinySae, Intervention i, int promptLength)
    {
        var twin = new SaeTwin(tinySae);
        return (name, value) => ForEachToken(name, value, tinySae, (position, x) =>
        {
            var acts = i.Positions == InterventionPositions.All || (i.Positions == InterventionPositions.Last ? position >= promptLength - 1 : position is 2 or 5 or 9);
            acts &= position < promptLength ? i.OnPrompt : i.OnNewTokens;
            double[] before = x.ToArray(), plain = twin.Run(before).Output;
            var changed = i.Kind == InterventionKind.Add || !acts ? plain
                : twin.Run(before, a => a[i.Feature] = i.Kind == InterventionKind.Clamp ? i.Amount : a[i.Feature] * i.Amount).Output;
            for (var d = 0; d < x.Length; d++)
            {
                if (i.Kind != InterventionKind.Add || i.ErrorTerm is not null)
                    x[d] = changed[d] + (i.ErrorTerm ?? true ? before[d] - plain[d] : 0);
                if (i.Kind == InterventionKind.Add && acts)
                    x[d] += i.Amount * tinySae.Decoder[i.Feature * x.Length + d];
            }
        });
    }

    private delegate void TokenChange(int position, Span<double> x);

    private static void ForEachToken(string name, TwinValue value, TinySae tinySae, TokenChange change)
    {
        if (name != tinySae.Shape.Hook)
            return;
        var width = tinySae.Shape.DIn;
        for (var t = 0; t < value.Values.Length / width; t++)
            change(t, value.Values.AsSpan(t * width, width));
    }
}
