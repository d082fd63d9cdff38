using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Every family against TransformerLens, at every hook, when the goldens are there.</summary>
public class FamilyGoldenTests
{
    public static TheoryData<string> Families => ["gpt2", "gpt_neox", "phi", "llama", "llama_tied", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3"];

    public static TheoryData<string> Bf16 => ["gpt2_bf16", "gemma2_bf16"];

    public static TheoryData<string> LayerNorms => ["gpt2", "gpt_neox", "phi"];

    [Theory, MemberData(nameof(Families))]
    public void Run_EveryHook_EqualsTransformerLens(string family)
    {
        var (golden, model) = Load(family);
        foreach (var batch in new[] { "A", "B" })
        {
            var run = model.Run(golden.Tokens("tokens/" + batch), capture: HookSelection.All);
            Golden.AssertClose($"{family} {batch} logits", golden[batch + "/unprocessed/logits"], run.Logits.Padded());
            Assert.Equal(golden.Json.GetProperty("hooks").GetArrayLength(), golden.AssertActivations(batch + "/unprocessed/", run));
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Run_HooksKept_ComeInTransformerLensOrder(string family)
    {
        var (golden, model) = Load(family);
        var run = model.Run(golden.Tokens("tokens/A"), capture: HookSelection.All);
        var wanted = golden.Json.GetProperty("hooks").EnumerateArray().Select(e => e.GetString()!);
        Assert.Equal(wanted, run.Activations.Points.Select(p => p.ToString()).Where(n => !n.EndsWith("mlp.hook_in", StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Families))]
    public void Run_Processed_EqualsTransformerLens(string family)
    {
        var (golden, model) = Load(family);
        var run = model.WithProcessing(WeightProcessing.Standard).Run(golden.Tokens("tokens/A"), capture: HookSelection.All);
        Golden.AssertClose($"{family} processed logits", golden["A/processed/logits"], run.Logits.Padded());
        Assert.Equal(golden.Json.GetProperty("hooks_processed").GetArrayLength(), golden.AssertActivations("A/processed/", run));
    }

    [Theory, MemberData(nameof(Bf16))]
    public void Run_ShardedBf16_EqualsTransformerLens(string family)
    {
        var (golden, model) = Load(family);
        Golden.AssertClose("A", golden["A/unprocessed/logits"], model.Run(golden.Tokens("tokens/A")).Logits.Padded());
        Golden.AssertClose("B", golden["B/unprocessed/logits"], model.Run(golden.Tokens("tokens/B")).Logits.Padded());
    }

    [Theory, MemberData(nameof(LayerNorms))]
    public void Run_NormalizedAfterGain_EqualsTransformerLens2(string family)
    {
        var (golden, model) = Load(family, new LoadOptions { NormalizedHook = NormalizedHook.AfterGain });
        var run = model.Run(golden.Tokens("tokens/A"), capture: HookSelection.All);
        Golden.AssertClose("logits", golden["A/unprocessed/logits"], run.Logits.Padded());
        Assert.Equal(2 * model.Config.Layers + 1, golden.AssertActivations("A/normalized_after_gain/", run));
    }

    [Fact]
    public void Run_GemmaTanhGelu_EqualsHuggingFaceAndTransformerLens2()
    {
        var (golden, model) = Load("gemma", new LoadOptions());
        var run = model.Run(golden.Tokens("tokens/A"), capture: HookSelection.All);
        Golden.AssertClose("A", golden["A/gelu_tanh/logits"], run.Logits.Padded());
        Assert.Equal(2 * model.Config.Layers, golden.AssertActivations("A/gelu_tanh/", run));
        Golden.AssertClose("B", golden["B/gelu_tanh/logits"], model.Run(golden.Tokens("tokens/B")).Logits.Padded());
    }

    [Theory, MemberData(nameof(Families))]
    public void Loss_BatchB_EqualsTransformerLens(string family)
    {
        var (golden, model) = Load(family);
        var run = model.Run(golden.Tokens("tokens/B"));
        for (var p = 0; p < run.Batch.Count; p++)
            Golden.AssertClose("loss", golden["B/unprocessed/loss_per_token"][p], run.LossPerToken(p));
        Assert.Equal(golden["B/unprocessed/loss"].Span[0], run.Loss(), 5e-5);
    }

    [Theory, MemberData(nameof(Families))]
    public void Run_UnequalPrompts_EqualTransformerLensLeftPadded(string family)
    {
        var (golden, model) = Load(family);
        int[][] padded = golden.Tokens("tokens/P"), mask = golden.Tokens("tokens/P_mask");
        var prompts = padded.Select((row, p) => row.Where((_, i) => mask[p][i] == 1).ToArray()).ToArray();
        var run = model.Run(prompts, capture: "blocks.*.hook_resid_post");
        for (var p = 0; p < prompts.Length; p++)
        {
            var pads = padded[p].Length - prompts[p].Length;
            Golden.AssertClose($"logits {p}", golden["P/unprocessed/logits"][p].Rows(pads, prompts[p].Length), run.Logits[p]);
            foreach (var point in run.Activations.Points)
                Golden.AssertClose(point.ToString(), golden[$"P/unprocessed/{point}"][p].Rows(pads, prompts[p].Length), run.Activations[point][p]);
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Run_Edits_EqualTransformerLens(string family)
    {
        var (golden, model) = Load(family);
        var edits = new Dictionary<string, Edit>
        {
            ["zero_resid_pre_L1_pos3"] = Hook.Zero("blocks.1.hook_resid_pre", position: 3),
            ["zero_head0_z_L0"] = Hook.Zero("blocks.0.attn.hook_z", head: 0),
            ["add_steer_resid_post_L1"] = Hook.Add("blocks.1.hook_resid_post", golden["vectors/steer"].Memory),
            ["mean_mlp_out_L0"] = Hook.Change("blocks.0.hook_mlp_out", GoldenEdits.MeanOverPositions),
        };
        foreach (var (name, edit) in edits)
            Golden.AssertClose(name, golden[$"A/edits/{name}/logits"], model.Run(golden.Tokens("tokens/A"), edit: [edit]).Logits.Padded());
    }

    [Theory, MemberData(nameof(Families))]
    public void Run_StopAndStart_EqualTransformerLens(string family)
    {
        var (golden, model) = Load(family);
        var tokens = golden.Tokens("tokens/A");
        var stopped = model.Run(tokens, stopAtLayer: 1).Residual;
        Golden.AssertClose("stop 1", golden["A/stop_at_layer_1/resid"], stopped);
        Golden.AssertClose("stop -1", golden["A/stop_at_layer_-1/resid"], model.Run(tokens, stopAtLayer: -1).Residual);
        foreach (ref var v in stopped.Span)
            v *= 1.25f;
        Golden.AssertClose("start 1", golden["A/start_at_layer_1/logits"], model.Run(tokens, startAtLayer: 1, residual: stopped).Logits.Padded());
    }

    [Theory, MemberData(nameof(Families))]
    public void Generate_Greedy_EqualsTransformerLens(string family)
    {
        var (golden, model) = Load(family);
        var prompt = golden.Tokens("tokens/A")[0][..5];
        var steer = Hook.Add("blocks.1.hook_resid_post", golden["vectors/steer"].Memory);
        Check("greedy", model.Generate(prompt, 20));
        Check("greedy_freq_penalty_1_ignored", model.Generate(prompt, 20, Sampling.Greedy with { FrequencyPenalty = 1 }));
        Check("top_k_1_freq_penalty_1", model.Generate(prompt, 20, new Sampling { TopK = 1, FrequencyPenalty = 1 }));
        Check("steered_greedy", model.Generate(prompt, 20, edit: [steer]));

        void Check(string name, IReadOnlyList<GeneratedText> made) =>
            Assert.Equal(golden.Tokens($"A/generate/{name}/tokens")[0][5..], made[0].Tokens);
    }

    [Theory, InlineData("gpt2"), InlineData("gemma2")]
    public void Run_HookResult_EqualsTransformerLens(string family)
    {
        var (golden, model) = Load(family);
        var run = model.Run(golden.Tokens("tokens/A"), capture: "blocks.*.attn.hook_result");
        Golden.AssertClose("logits", golden["A/use_attn_result/logits"], run.Logits.Padded());
        Assert.Equal(model.Config.Layers, golden.AssertActivations("A/use_attn_result/", run));
    }

    [Fact]
    public void Run_SplitInputs_EqualTransformerLens()
    {
        var (golden, model) = Load("gpt2");
        string[] names = ["blocks.*.hook_q_input", "blocks.*.hook_k_input", "blocks.*.hook_v_input", "blocks.*.hook_mlp_in", "blocks.*.ln1.hook_scale"];
        var run = model.Run(golden.Tokens("tokens/A"), capture: names);
        Golden.AssertClose("logits", golden["A/split_qkv/logits"], run.Logits.Padded());
        Assert.Equal(5 * model.Config.Layers, golden.AssertActivations("A/split_qkv/", run));
        var edited = model.Run(golden.Tokens("tokens/A"), edit: [Hook.Zero("blocks.1.hook_k_input", head: 1)]);
        Golden.AssertClose("edited", golden["A/split_qkv/zero_k_input_L1H1/logits"], edited.Logits.Padded());
    }

    // TransformerLens 3.9 made the goldens, with the exact GELU in Gemma 1.
    private static (Golden Golden, Transformer Model) Load(string family, LoadOptions? options = null)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "models", family);
        return (new Golden(folder), Transformer.Load(folder, options ?? new LoadOptions { GemmaGelu = GemmaGelu.Exact }));
    }
}

/// <summary>Edits of the goldens that have no short form.</summary>
internal static class GoldenEdits
{
    public static void MeanOverPositions(Tensor value)
    {
        for (var d = 0; d < value.Shape[1]; d++)
        {
            double mean = 0;
            for (var pos = 0; pos < value.Shape[0]; pos++)
                mean += value[pos, d] / value.Shape[0];
            for (var pos = 0; pos < value.Shape[0]; pos++)
                value[pos, d] = (float)mean;
        }
    }
}
