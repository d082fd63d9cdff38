using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Several SAEs in one run of a made-up model: batches, pieces, generation, excluded tokens, what is kept.</summary>
public sealed class SpliceRunTests : IDisposable
{
    private const string MlpOut = "blocks.1.hook_mlp_out";

    private readonly TinyModel _tiny = new(new TinyShape { Window = 5, Seed = 3 });
    private readonly TinySae _first = new(new TinySaeShape { Hook = "blocks.0.hook_resid_post", Seed = 5 });
    private readonly TinySae _heads = new(new TinySaeShape { Hook = "blocks.2.attn.hook_z", Reshape = "hook_z", DIn = 24, Seed = 6 });
    private readonly TinyTranscoder _transcoder = new("blocks.1.ln2.hook_normalized", MlpOut);
    private readonly Transformer _model;

    public SpliceRunTests() => _model = _tiny.Load();

    public void Dispose()
    {
        _tiny.Dispose();
        _first.Dispose();
        _heads.Dispose();
        _transcoder.Dispose();
    }

    private ISplice[] Splices(bool errorTerm = false, TokenSet? exclude = null) =>
        [_heads.Load().Splice(errorTerm, exclude), _transcoder.Load().Splice(errorTerm, exclude), _first.Load().Splice(errorTerm, exclude)];

    private Edit[] Edits() => [Hook.Set(MlpOut + ".hook_sae_acts_post", 1.5f, index: 4), Hook.Scale("blocks.0.hook_resid_post.hook_sae_acts_post", 2, index: 7)];

    [Theory, InlineData(false), InlineData(true)]
    public void Run_UnequalPrompts_AreBitForBitWhatEachIsAlone(bool errorTerm)
    {
        int[][] prompts = [_tiny.Prompt(9, 2), _tiny.Prompt(1, 3), _tiny.Prompt(5, 4)];
        ISplice[] splices = Splices(errorTerm, exclude: [prompts[0][3], prompts[1][0]]);
        var together = _model.Run(prompts, splice: splices, edit: Edits(), capture: "*hook_sae*");
        for (var p = 0; p < 3; p++)
        {
            var alone = _model.Run(prompts[p], splice: splices, edit: Edits(), capture: "*hook_sae*");
            TwinAssert.Same("logits", alone.Logits[0], together.Logits[p]);
            foreach (var point in alone.Activations.Points)
                TwinAssert.Same($"{point} of {p}", alone.Activations[point][0], together.Activations[point][p]);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Run_InPieces_EqualsTheWholeRun(bool errorTerm)
    {
        var tokens = _tiny.Prompt(12, 1);
        ISplice[] splices = Splices(errorTerm, exclude: [tokens[2], tokens[9]]);
        var whole = _model.Run(tokens, splice: splices, edit: Edits(), capture: "*hook_sae*");
        var cache = new KvCache(_model.Config, 1);
        foreach (var (from, to) in new[] { (0, 5), (5, 6), (6, 12) })
        {
            var piece = _model.Run(tokens[from..to], splice: splices, edit: Edits(), cache: cache, capture: "*hook_sae*");
            Golden.AssertClose($"from {from}", whole.Logits[0].Rows(from, to - from), piece.Logits[0], 1e-4);
            foreach (var point in whole.Activations.Points)
                Golden.AssertClose($"{point} from {from}", whole.Activations[point][0].Rows(from, to - from), piece.Activations[point][0], 1e-3);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Generate_Batch_EqualsRepeatedWholeRuns(bool errorTerm)
    {
        int[][] prompts = [_tiny.Prompt(6, 1), _tiny.Prompt(1, 2), _tiny.Prompt(9, 7)];
        ISplice[] splices = Splices(errorTerm, exclude: [prompts[0][2], prompts[2][0], 11, 30]);
        var made = _model.Generate(prompts, 12, splice: splices, edit: Edits());
        for (var p = 0; p < 3; p++)
        {
            var text = prompts[p];
            for (var i = 0; i < 12; i++)
                text = [.. text, _model.Run(text, splice: splices, edit: Edits()).Top(1)[0].Token];
            Assert.Equal(text[prompts[p].Length..], made[p].Tokens);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Run_ExcludedTokens_KeepTheModelsOwnValue(bool errorTerm)
    {
        int[] tokens = [4, 9, 17, 4, 23, 9, 30];
        bool[] isOut = [true, false, false, true, false, false, true];
        var sae = _transcoder.Load();
        var clean = _model.Run(tokens, capture: (string[])[MlpOut, "blocks.1.ln2.hook_normalized"]).Activations;
        Tensor read = clean["blocks.1.ln2.hook_normalized"][0], own = clean[MlpOut][0];
        Tensor plain = _transcoder.Map(read), wanted = _transcoder.Map(read, acts => acts[4] = 1.5);
        for (var t = 0; t < tokens.Length; t++)
        {
            for (var d = 0; d < 20; d++)
                wanted[t, d] = isOut[t] ? own[t, d] : wanted[t, d] + (errorTerm ? own[t, d] - plain[t, d] : 0);
        }

        var run = _model.Run(tokens, capture: "*", edit: [Edits()[0]], splice: [sae.Splice(errorTerm, exclude: [4, 30])]);
        Golden.AssertClose("output", wanted, run.Activations[MlpOut + ".hook_sae_output"][0], 1e-5);
        for (var t = 0; t < tokens.Length; t++)
        {
            if (!isOut[t])
                continue;
            TwinAssert.Same($"token {t}", own[t], run.Activations[MlpOut + ".hook_sae_output"][0][t]);
            if (errorTerm)
                Assert.All(run.Activations[MlpOut + ".hook_sae_error"][0][t].Memory.ToArray(), v => Assert.Equal(0, v));
        }

        Golden.AssertClose("logits", _model.Run(tokens, edit: [Hook.Replace(MlpOut, wanted)]).Logits[0], run.Logits[0], 1e-5);
    }

    [Fact]
    public void Run_SpecialTokensExcluded_AreThoseOfTheTokenizer()
    {
        var model = EmbeddedPair.Model;
        var (sae, tokens) = (EmbeddedPair.Sae, EmbeddedPair.Tokens(EmbeddedPair.Fitting().First()));
        var tokenizer = model.Tokenizer!;
        Assert.Equal(tokenizer.BosId, tokens[0]);
        int[] special = [.. new[] { tokenizer.BosId, tokenizer.EosId, tokenizer.PadId }.OfType<int>()];
        var named = model.Run(tokens, logits: LogitsAt.Last, capture: "*.hook_sae_output", splice: [sae.Splice(exclude: TokenSet.Special)]);
        TwinAssert.Same("by id", model.Run(tokens, logits: LogitsAt.Last, splice: [sae.Splice(exclude: TokenSet.Create(special))]).LastLogits(), named.LastLogits());
        var clean = model.Run(tokens, capture: sae.Config.Hook.ToString(), stopAtLayer: 4).Activations[sae.Config.Hook][0];
        var output = named.Activations[sae.Config.Hook + ".hook_sae_output"][0];
        for (var t = 0; t < tokens.Length; t++)
            Assert.Equal(special.Contains(tokens[t]), clean[t].Span.SequenceEqual(output[t].Span));
    }

    public static TheoryData<string> Kinds => ["standard", "jumprelu", "gated", "topk", "abstopk", "matching_pursuit", "temporal"];

    /// <summary>Every kind stands in the model as it reconstructs alone, looked at or not, and steps aside with its error term.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void Run_EachKind_EqualsItsReconstructionWrittenInByHand(string kind)
    {
        const string At = "blocks.1.hook_resid_post";
        using var tinySae = new TinySae(new TinySaeShape { Architecture = kind, DSae = 52, Hook = At, Seed = 8 });
        var (sae, tokens) = (tinySae.Load(), _tiny.Prompt(9, 1));
        var clean = _model.Run(tokens, capture: At);
        var byHand = _model.Run(tokens, edit: [Hook.Replace(At, sae.Reconstruct(clean.Activations[At][0]))]).Logits[0];
        Golden.AssertClose("plain", byHand, _model.Run(tokens, splice: [sae.Splice()]).Logits[0], 1e-5);
        Golden.AssertClose("looked at", byHand, _model.Run(tokens, capture: "*", splice: [sae.Splice()]).Logits[0], 1e-5);
        var kept = _model.Run(tokens, capture: sae.FeaturesHook, splice: [sae.Splice()]);
        Golden.AssertClose("features kept", byHand, kept.Logits[0], 1e-5);
        TwinAssert.Same("features", sae.EncodeDense(clean.Activations[At][0]), kept.Features(sae)[0].ToDense());
        Golden.AssertClose("error term", clean.Logits[0], _model.Run(tokens, splice: [sae.Splice(errorTerm: true)]).Logits[0], 1e-5);

        var fired = kept.Features(sae)[0][0];
        var written = sae.Reconstruct(clean.Activations[At][0]);
        var direction = sae.Direction(fired.Feature);
        for (var d = 0; d < direction.Length; d++)
            written[fired.Token, d] += (2 - fired.Value) * direction[d];
        var set = Hook.Set(sae.FeaturesHook, 2, position: fired.Token, index: fired.Feature);
        Golden.AssertClose("edited", _model.Run(tokens, edit: [Hook.Replace(At, written)]).Logits[0], _model.Run(tokens, edit: [set], splice: [sae.Splice()]).Logits[0], 1e-5);
    }

    [Fact]
    public void Features_Kept_AreWhatFired()
    {
        var sae = _first.Load();
        int[][] prompts = [_tiny.Prompt(6, 1), _tiny.Prompt(3, 2)];
        var run = _model.Run(prompts, splice: [sae.Splice()], capture: sae.FeaturesHook);
        var edited = _model.Run(prompts, splice: [sae.Splice()], capture: sae.FeaturesHook, edit: [Hook.Set(sae.FeaturesHook, 9, position: 1, index: 2)]);
        var residuals = _model.Run(prompts, capture: "blocks.0.hook_resid_post").Activations["blocks.0.hook_resid_post"];
        for (var p = 0; p < 2; p++)
        {
            var wanted = sae.EncodeDense(residuals[p]);
            TwinAssert.Same("dense", wanted, run.Activations[sae.FeaturesHook][p]);
            TwinAssert.Same("sparse", wanted, run.Features(sae)[p].ToDense());
            wanted[1, 2] = 9;
            TwinAssert.Same("edited", wanted, edited.Features(sae)[p].ToDense());
        }

        Assert.Equal(6, run.Activations[sae.FeaturesHook].Padded().Shape[1]);
        TwinAssert.Same("last", run.Activations[sae.FeaturesHook][1][2], run.Activations[sae.FeaturesHook].Last(1));
    }

    [Fact]
    public void Run_OneSpliceInManyRunsAtOnce_MixesNothing()
    {
        ISplice[] splices = Splices(errorTerm: true);
        int[][] prompts = [.. Enumerable.Range(0, 12).Select(i => _tiny.Prompt(2 + i % 5, 40 + i))];
        Tensor[] wanted = [.. prompts.Select(p => _model.Run(p, splice: splices, edit: Edits()).Logits[0])], found = new Tensor[prompts.Length];
        Parallel.For(0, prompts.Length, i => found[i] = _model.Run(prompts[i], splice: splices, edit: Edits()).Logits[0]);
        for (var i = 0; i < prompts.Length; i++)
            TwinAssert.Same($"run {i}", wanted[i], found[i]);
    }

    /// <summary>Whatever stands where and in whatever order it is named, each SAE reads what the model has come to when it gets there.</summary>
    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6)]
    public void Run_AnySaesInAnyOrder_EachReadsWhatCameBefore(int seed)
    {
        string[] hooks = ["hook_embed", "blocks.0.hook_attn_out", "blocks.0.hook_resid_post", "blocks.1.hook_resid_pre", "blocks.1.hook_mlp_in", "blocks.1.ln2.hook_normalized", MlpOut, "blocks.2.hook_resid_mid", "ln_final.hook_normalized"];
        var random = new Random(seed);
        var chosen = hooks.Where(_ => random.Next(2) == 0).Append("blocks.2.hook_resid_pre").ToArray();
        TinySae[] saes = [.. chosen.Select((hook, i) => new TinySae(new TinySaeShape { Hook = hook, Seed = 100 * seed + i }))];
        try
        {
            var tokens = _tiny.Prompt(7, seed);
            ISplice[] splices = [.. saes.Select(s => s.Load().Splice())];
            var ordered = _model.Run(tokens, splice: splices, capture: "*");
            random.Shuffle(splices);
            TwinAssert.Same("logits", ordered.Logits[0], _model.Run(tokens, splice: splices).Logits[0]);
            Assert.Equal(chosen.Length, ordered.Activations.Points.Count(p => p.Sae == SaeSite.Output));
            Assert.Equal(ordered.Activations.Points.OrderBy(p => (p.Site < HookSite.ResidPre ? -1 : p.Site > HookSite.ResidPost ? 9 : p.Layer, p.Site, p.Sae)), ordered.Activations.Points);

            // One at a time, each put into the model by hand after those before it.
            var byHand = new List<Edit>();
            foreach (var (sae, hook) in saes.Zip(chosen).OrderBy(s => _model.HookPoints.ToList().IndexOf(HookPoint.Parse(s.Second))))
            {
                var loaded = sae.Load();
                var value = _model.Run(tokens, capture: hook, edit: byHand).Activations[hook][0];
                Golden.AssertClose($"{hook} is read", value, ordered.Activations[hook + ".hook_sae_input"][0], 1e-4);
                byHand.Add(Hook.Replace(hook, loaded.Reconstruct(value)));
            }

            Golden.AssertClose("by hand", _model.Run(tokens, edit: byHand).Logits[0], ordered.Logits[0], 1e-4);
        }
        finally
        {
            Array.ForEach(saes, s => s.Dispose());
        }
    }
}
