using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>Evaluations of made-up SAEs in made-up models: against the twin, interrupted and resumed, and of what cannot be evaluated.</summary>
public sealed class SaeEvaluatorTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly TemporaryFolder _folder = new();
    private readonly Transformer _model;

    public SaeEvaluatorTests() => _model = _tiny.Load();

    public void Dispose()
    {
        _tiny.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string, string, string, int, double, bool> Cases() => new()
    {
        { "jumprelu", "none", "blocks.1.hook_resid_post", 2, 1, false },
        { "jumprelu", "none", "blocks.2.hook_resid_pre", 3, 1, true },
        { "standard", "none", "blocks.0.hook_resid_pre", 8, 0.7, true },
        { "standard", "constant_norm_rescale", "blocks.1.hook_mlp_out", 1, 1, false },
        { "jumprelu", "layer_norm", "blocks.2.hook_attn_out", 2, 1, true },
        { "standard", "none", "blocks.1.attn.hook_z", 2, 1.3, true },
        { "jumprelu", "none", "hook_embed", 2, 1, false },
        { "jumprelu", "none", "blocks.2.hook_resid_post", 2, 1, false },
        { "gated", "none", "blocks.1.hook_resid_post", 2, 1, true },
        { "topk", "layer_norm", "blocks.1.hook_resid_post", 2, 1, false },
        { "abstopk", "none", "blocks.1.hook_resid_post", 2, 0.8, true },
        { "temporal", "none", "blocks.1.hook_resid_post", 2, 1, true },
        { "matching_pursuit", "none", "blocks.1.hook_resid_post", 3, 1, false },
        { "transcoder", "none", "blocks.1.mlp.hook_in", 2, 1, true },
        { "jumprelu_skip_transcoder", "none", "blocks.1.ln2.hook_normalized", 2, 1, false },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Run_AnySae_EqualsTheTwin(string architecture, string normalize, string hook, int batch, double scale, bool exclude)
    {
        var isZ = hook.EndsWith("hook_z", StringComparison.Ordinal);
        var features = architecture == "temporal" ? 52 : 53;
        using var tinySae = new TinySae(new TinySaeShape { Architecture = architecture, DSae = features, Normalize = normalize, Hook = hook, DIn = isZ ? 24 : 20, DOut = 20, Reshape = isZ ? "hook_z" : "none" });
        int[][] rows = [_tiny.Prompt(9, 1), _tiny.Prompt(2, 2), _tiny.Prompt(14, 3), _tiny.Prompt(9, 4), _tiny.Prompt(5, 5)];
        int[] excluded = exclude ? [rows[0][0], rows[2][5], rows[3][8]] : [];
        var found = SaeEvaluator.Run(_model, tinySae.Load(), rows, new SaeEvaluationOptions { BatchRows = batch, ActivationScale = scale, ExcludedTokens = excluded });
        var twin = new EvaluationTwin(_model, tinySae, rows, batch, excluded, scale);

        Close("CE alone", twin.CeClean, found.CeLossWithoutSae);
        Close("CE with the SAE", twin.CeSae, found.CeLossWithSae);
        Close("CE with zeros", twin.CeZero, found.CeLossWithAblation);
        Close("CE score", (twin.CeZero - twin.CeSae) / (twin.CeZero - twin.CeClean), found.CeLossScore, 1e-3);
        Close("KL with the SAE", twin.KlSae, found.KlDivWithSae, 1e-4);
        Close("KL with zeros", twin.KlZero, found.KlDivWithAblation, 1e-4);
        Close("KL score", (twin.KlZero - twin.KlSae) / twin.KlZero, found.KlDivScore, 1e-3);
        Close("explained variance", twin.ExplainedVariance, found.ExplainedVariance);
        Close("legacy", twin.Legacy, found.ExplainedVarianceLegacy);
        Close("MSE", twin.Mse, found.Mse);
        Close("cosine", twin.Cosine, found.CosineSimilarity);
        Close("norm in", twin.NormIn, found.L2NormIn);
        Close("norm out", twin.NormOut, found.L2NormOut);
        Close("ratio", twin.NormRatio, found.L2Ratio);
        Close("bias", twin.Bias, found.RelativeReconstructionBias);
        Close("L0", twin.L0, found.L0, 1e-12);
        Close("L1", twin.L1, found.L1);
        Assert.Equal((5, 39), (found.Rows, found.Tokens));
        for (var f = 0; f < features; f++)
        {
            Assert.Equal(twin.Fired(f), found.Features.Fired[f]);
            Assert.Equal((double)twin.Fired(f) / found.CountedTokens, found.Features.Density[f], 1e-12);
            Assert.Equal(twin.Fired(f) == 0 ? null : (double)twin.Fired(f) / twin.RowsFired(f), found.Features.ConsistentActivation[f]);
        }

        Assert.Equal(Enumerable.Range(0, features).Where(f => twin.Fired(f) == 0), found.Features.Dead);
        Assert.Equal(Enumerable.Range(0, features).Where(f => twin.Fired(f) > 0.1 * found.CountedTokens).OrderByDescending(twin.Fired).ThenBy(f => f), found.Features.Dense);
    }

    [Fact]
    public void Run_WeightMetrics_EqualTheirDefinition()
    {
        using var tinySae = new TinySae();
        var weights = SaeEvaluator.Run(_model, tinySae.Load(), new[] { _tiny.Prompt(4, 1) }).Features.Weights!;
        for (var f = 0; f < 53; f++)
        {
            double[] e = [.. Enumerable.Range(0, 20).Select(d => tinySae.Encoder[d * 53 + f])], w = tinySae.Decoder[(f * 20)..(f * 20 + 20)];
            Close("norm", Math.Sqrt(e.Sum(v => v * v)), weights.EncoderNorm[f], 1e-6);
            Close("bias", tinySae.EncoderBias[f], weights.EncoderBias![f], 1e-6);
            Close("cosine", e.Zip(w, (a, b) => a * b).Sum() / Math.Sqrt(e.Sum(v => v * v) * w.Sum(v => v * v)), weights.EncoderDecoderCosine[f], 1e-5);
        }
    }

    [Theory, InlineData(1), InlineData(3)]
    public void Run_InterruptedAndResumed_GivesTheSameBits(int batchesBefore)
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        int[][] rows = [.. Enumerable.Range(0, 9).Select(i => _tiny.Prompt(4 + i, i))];
        var options = new SaeEvaluationOptions { BatchRows = 2, StateFile = _folder.PathOf("state.json") };
        Interrupt(sae, rows, options, batchesBefore);
        var seen = new Reports();
        var resumed = SaeEvaluator.Run(_model, sae, rows, options with { Resume = true }, seen);
        Assert.Equal(2 * batchesBefore + 2, seen.All[0].Rows);
        var whole = SaeEvaluator.Run(_model, sae, rows, options with { StateFile = null });
        Assert.Equal(Bits(whole), Bits(resumed));
        Assert.Equal(Bits(whole), Bits(SaeEvaluator.Run(_model, sae, rows, options with { Resume = true })));
    }

    [Fact]
    public void Run_StateOfOtherRows_IsRefused()
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        int[][] rows = [.. Enumerable.Range(0, 6).Select(i => _tiny.Prompt(6, i))];
        var options = new SaeEvaluationOptions { BatchRows = 2, StateFile = _folder.PathOf("state.json") };
        Interrupt(sae, rows, options, 1);
        int[][] changed = [.. rows];
        changed[1] = _tiny.Prompt(6, 77);
        Refused(sae, changed, options with { Resume = true }, "not the ones of");
        Refused(sae, rows[..1], options with { Resume = true }, "has fewer");
        Refused(sae, rows, options with { Resume = true, BatchRows = 3 }, "another evaluation");
        Refused(sae, rows, options with { Resume = true, ActivationScale = 2 }, "another evaluation");
        Refused(sae, rows, options with { Resume = true, ExcludedTokens = [4] }, "another evaluation");
    }

    [Theory]
    [InlineData("", "cannot be read")]
    [InlineData("{", "cannot be read")]
    [InlineData("null", "no state")]
    [InlineData("{\"Subject\":\"x\",\"RowsHash\":\"\",\"Sums\":null}", "no state")]
    [InlineData("{\"Subject\":\"x\",\"RowsHash\":\"zz\",\"Sums\":{}}", "no state")]
    [InlineData("{\"Subject\":\"x\",\"RowsHash\":\"\",\"Sums\":{\"Sum\":[1],\"Fired\":[1],\"FiredRows\":[1]}}", "no state")]
    public void Run_StateDamaged_IsRefused(string content, string says)
    {
        using var tinySae = new TinySae();
        Refused(tinySae.Load(), [_tiny.Prompt(6, 1)], new SaeEvaluationOptions { StateFile = _folder.Write("state.json", content), Resume = true }, says);
    }

    [Fact]
    public void Run_StateWithImpossibleCounts_IsRefused()
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        int[][] rows = [.. Enumerable.Range(0, 4).Select(i => _tiny.Prompt(6, i))];
        var options = new SaeEvaluationOptions { BatchRows = 2, StateFile = _folder.PathOf("state.json") };
        Interrupt(sae, rows, options, 1);
        var state = File.ReadAllText(options.StateFile!);
        Assert.Contains("\"Counted\":12", state, StringComparison.Ordinal);
        File.WriteAllText(options.StateFile!, state.Replace("\"Counted\":12", "\"Counted\":-1", StringComparison.Ordinal));
        Refused(sae, rows, options with { Resume = true }, "no state");
    }

    [Fact]
    public void Run_Cancelled_StopsBeforeTheFirstBatch()
    {
        using var tinySae = new TinySae();
        Assert.Throws<OperationCanceledException>(() => SaeEvaluator.Run(_model, tinySae.Load(), new[] { _tiny.Prompt(4, 1) }, cancellation: new CancellationToken(canceled: true)));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Run_Progress_CountsUpToAllRows()
    {
        using var tinySae = new TinySae();
        var seen = new Reports();
        SaeEvaluator.Run(_model, tinySae.Load(), Enumerable.Range(0, 5).Select(i => _tiny.Prompt(7, i)).ToArray(), new SaeEvaluationOptions { BatchRows = 2 }, seen);
        Assert.Equal([2L, 4L, 5L], seen.All.Select(p => p.Rows));
        Assert.All(seen.All, p => Assert.Equal(5, p.TotalRows));
        Assert.Equal(35, seen.All[^1].Tokens);
        Assert.Equal(TimeSpan.Zero, seen.All[^1].TimeLeft);
    }

    [Fact]
    public void Run_BadOptions_AreNamed()
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        int[][] rows = [_tiny.Prompt(4, 1)];
        Refused(sae, rows, new() { BatchRows = 0 }, "BatchRows is 0");
        Refused(sae, rows, new() { ContextLength = 1 }, "ContextLength is 1");
        Refused(sae, rows, new() { MaxRows = 0 }, "MaxRows is 0");
        Refused(sae, rows, new() { ActivationScale = 0 }, "ActivationScale is 0");
        Refused(sae, rows, new() { ActivationScale = double.NaN }, "ActivationScale is NaN");
        Refused(sae, rows, new() { DenseAbove = 1.5 }, "DenseAbove is 1.5");
        Refused(sae, rows, new() { Resume = true }, "StateFile");
        Refused(sae, [], new(), "no rows");
        Refused(sae, [[3, 3]], new() { ExcludedTokens = [3] }, "excluded");
        Assert.Contains("1 tokens", Assert.Throws<PromptException>(() => SaeEvaluator.Run(_model, sae, new int[][] { [3] })).Message, StringComparison.Ordinal);
        Assert.Throws<PromptException>(() => SaeEvaluator.Run(_model, sae, new int[][] { [3, 999] }));
    }

    [Fact]
    public void Run_SaeOfAnotherWidth_IsRefused()
    {
        using var tinySae = new TinySae(new TinySaeShape { DIn = 19 });
        Refused(tinySae.Load(), [_tiny.Prompt(4, 1)], new(), "encodes 19 values");
    }

    [Fact]
    public void Run_ReconstructionNotFinite_IsRefused()
    {
        using var wrong = new WrongPair().Changed("W_dec", _ => 3e38f);
        var e = Assert.Throws<SaeException>(() => SaeEvaluator.Run(EmbeddedPair.Model, wrong.Load(), "Once upon a time there was a king.", new() { ContextLength = 6 }));
        Assert.Contains("not finite", e.Message, StringComparison.Ordinal);
    }

    private void Interrupt(SparseAutoencoder sae, int[][] rows, SaeEvaluationOptions options, int afterBatches)
    {
        using var source = new CancellationTokenSource();
        var reports = new Reports { On = p => { if (p.Rows == afterBatches * options.BatchRows) source.Cancel(); } };
        Assert.Throws<OperationCanceledException>(() => SaeEvaluator.Run(_model, sae, rows, options, reports, source.Token));
        Assert.Equal([options.StateFile!], Directory.GetFiles(_folder.Path));
    }

    private void Refused(SparseAutoencoder sae, int[][] rows, SaeEvaluationOptions options, string says) =>
        Assert.Contains(says, Assert.Throws<SaeException>(() => SaeEvaluator.Run(_model, sae, rows, options)).Message, StringComparison.Ordinal);

    private static long[] Bits(SaeMetrics m) =>
    [
        .. new[]
        {
            m.CeLossWithoutSae, m.CeLossWithSae, m.CeLossWithAblation, m.KlDivWithSae, m.KlDivWithAblation, m.ExplainedVariance, m.ExplainedVarianceLegacy, m.Mse,
            m.CosineSimilarity, m.L2NormIn, m.L2NormOut, m.L2Ratio, m.RelativeReconstructionBias, m.L0, m.L1,
        }.Concat(m.Features.Density).Concat(m.Features.ConsistentActivation.Select(c => c ?? -1)).Select(BitConverter.DoubleToInt64Bits),
        m.Rows, m.Tokens, m.CountedTokens,
    ];

    private static void Close(string name, double wanted, double found, double tolerance = 2e-5) =>
        Assert.True(Math.Abs(wanted - found) <= tolerance * Math.Max(Math.Abs(wanted), 0.05), $"{name} is {found}, wanted {wanted}");

    // Progress<T> would report from another thread, after the fact.
    private sealed class Reports : IProgress<SaeEvaluationProgress>
    {
        public List<SaeEvaluationProgress> All { get; } = [];

        public Action<SaeEvaluationProgress> On { get; init; } = _ => { };

        public void Report(SaeEvaluationProgress value)
        {
            All.Add(value);
            On(value);
        }
    }
}
