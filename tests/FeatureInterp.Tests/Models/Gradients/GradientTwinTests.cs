using FeatureInterp.Models;
using FeatureInterp.Tests.Tokenizers;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

/// <summary>The gradient at every hook of every family, whatever is processed, against difference quotients of the twin.</summary>
public class GradientTwinTests
{
    private static readonly LogitMetric Difference = LogitMetric.LogitDifference(1, 0);

    public static TheoryData<string> Families => [.. TwinFamily.Names];

    public static TheoryData<string> LayerNorms => ["gpt2", "gpt_neox", "phi"];

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var family in TwinFamily.Names)
        {
            foreach (var processing in Processings.Names)
                cases.Add(family, processing);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Gradient_AtAnyHook_IsTheTwinsDifferenceQuotient(string family, string processing)
    {
        using var tiny = new TinyModel(new TinyShape { Layers = 2, Window = 3, Scaling = TinyScaling.Linear, Eps = 1e-3 }, family);
        AtEveryHook(tiny, new LoadOptions { Processing = Processings.Of(processing) }, tiny.Prompt(6, 1));
    }

    [Theory, MemberData(nameof(Families))]
    public void Gradient_AnyShape_IsTheTwinsDifferenceQuotient(string family) =>
        Prop.ForAll(Gen.Choose(0, 1 << 30).ToArbitrary(), seed =>
        {
            using var tiny = new TinyModel(TinyShape.Random(seed), family);
            var options = new LoadOptions { LayerOrder = (LayerOrder)(seed % 2), GemmaGelu = (GemmaGelu)(seed / 2 % 2), Processing = Processings.Of(Processings.Names[seed % Processings.Names.Count]) };
            var tokens = tiny.Prompt(1 + seed % 9, seed);
            var model = tiny.Load(options);
            var found = model.Gradient(tokens, Difference, at: ["blocks.*.hook_resid_*", "blocks.*.attn.hook_z", "blocks.*.hook_attn_out", "blocks.*.hook_mlp_out", "hook_embed"]);
            foreach (var point in found.Gradients.Points)
                GradientTwin.AssertGradient(tiny, options, tokens, point.ToString(), found.Gradients[point][0].Span, GradientTwin.LogitDifference);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(12).WithReplay(7, 3));

    [Theory, MemberData(nameof(LayerNorms))]
    public void Gradient_WhereNormsShowGains_IsTheTwinsDifferenceQuotient(string family)
    {
        using var tiny = new TinyModel(new TinyShape { Layers = 1 }, family);
        AtEveryHook(tiny, new LoadOptions { NormalizedHook = NormalizedHook.AfterGain }, tiny.Prompt(5, 1));
    }

    // One copy of the residual stream for a head's queries, keys and values is there only where each head has its own.
    [Theory, MemberData(nameof(Families))]
    public void Gradient_WithoutGroups_IsTheTwinsDifferenceQuotient(string family)
    {
        using var tiny = new TinyModel(new TinyShape { Layers = 1, Heads = 3, KeyValueHeads = 3, Tied = false }, family);
        AtEveryHook(tiny, new LoadOptions(), tiny.Prompt(5, 1));
    }

    [Theory, MemberData(nameof(Families))]
    public void Gradient_LongPrompt_IsTheTwinsDifferenceQuotient(string family)
    {
        using var tiny = new TinyModel(new TinyShape { Layers = 1, Context = 90, Window = 7, Seed = 11 }, family);
        var tokens = tiny.Prompt(90, seed: 12);
        var found = tiny.Load().Gradient(tokens, LogitMetric.Loss(), at: "blocks.0.hook_resid_pre");
        GradientTwin.AssertGradient(tiny, new LoadOptions(), tokens, "blocks.0.hook_resid_pre", found.Gradients["blocks.0.hook_resid_pre"][0].Span, Loss);
    }

    // Matrices split anew compute the same scores and outputs, so the residual stream has the same gradient.
    [Fact]
    public void Gradient_RefactoredAttention_IsThatOfTheModelAsItWas()
    {
        using var tiny = new TinyModel(family: "gpt2");
        var tokens = tiny.Prompt(6, 1);
        var refactored = tiny.Load(new LoadOptions { Processing = WeightProcessing.Standard with { RefactorFactoredAttnMatrices = true } });
        var found = refactored.Gradient(tokens, Difference, at: "blocks.*.hook_resid_pre");
        foreach (var point in found.Gradients.Points)
            GradientTwin.AssertGradient(tiny, new LoadOptions { Processing = WeightProcessing.Standard }, tokens, point.ToString(), found.Gradients[point][0].Span, GradientTwin.LogitDifference);
    }

    // A converter pairs the rotary rows of q and k, and has GPT-NeoX's q, k and v apart.
    [Theory, InlineData("llama", "llama"), InlineData("gpt_neox", "gptneox"), InlineData("gpt2", "gpt2"), InlineData("qwen2", "qwen2")]
    public void Gradient_OfAGgufFile_IsThatOfTheFolder(string family, string key)
    {
        using var tiny = new TinyModel(new TinyShape { Window = null, DMlp = 96 }, family);
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "tiny.gguf");
        GgufConversion.Write(tiny.Folder, key, path);
        var tokens = tiny.Prompt(6, 1);
        HookSelection at = ["blocks.*.hook_resid_pre", "blocks.*.attn.hook_q", "blocks.*.attn.hook_k"];
        var (wanted, found) = (tiny.Load().Gradient(tokens, Difference, at), Transformer.Load(path).Gradient(tokens, Difference, at));
        foreach (var point in wanted.Gradients.Points)
            Golden.AssertClose(point.ToString(), wanted.Gradients[point][0], found.Gradients[point][0], 1e-5);
    }

    private static double Loss(double[] logits, int[] tokens, int vocab)
    {
        double sum = 0;
        for (var i = 0; i + 1 < tokens.Length; i++)
        {
            var row = logits[(i * vocab)..((i + 1) * vocab)];
            sum += Math.Log(row.Sum(Math.Exp)) - row[tokens[i + 1]];
        }

        return sum / (tokens.Length - 1);
    }

    private static void AtEveryHook(TinyModel tiny, LoadOptions options, int[] tokens)
    {
        var model = tiny.Load(options);
        var plain = model.Run(tokens, capture: HookSelection.All);
        var alone = new Dictionary<HookPoint, double[]>();
        foreach (var point in model.HookPoints.Where(p => p.Layer == 0))
        {
            var hook = point.ToString();
            var found = model.Gradient(tokens, Difference, at: hook);
            Assert.Equal((double)found.Run.LastLogits().Span[1] - found.Run.LastLogits().Span[0], found.Values[0], 1e-12);
            Assert.Equal(found.Activations[point][0].Shape.ToArray(), found.Gradients[point][0].Shape.ToArray());
            if (plain.Activations.Contains(point))
                TwinAssert.Same(hook, plain.Activations[point][0], found.Activations[point][0]);
            GradientTwin.AssertGradient(tiny, options, tokens, hook, found.Gradients[point][0].Span, GradientTwin.LogitDifference);
            alone.Add(point, [.. found.Gradients[point][0].Span.ToArray().Select(v => (double)v)]);
        }

        // All at once, as one at a time.
        var all = model.Gradient(tokens, Difference, at: HookSelection.All);
        Assert.Equal(plain.Activations.Points, all.Gradients.Points);
        foreach (var point in all.Gradients.Points.Where(alone.ContainsKey))
            TwinAssert.Close($"{point} among all", alone[point], all.Gradients[point][0]);
    }
}
