using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Gemma-2 against TransformerLens at every hook, when the goldens are there.</summary>
public class Gemma2GoldenTests
{
    private static string Folder
    {
        get
        {
            Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
            return Path.Combine(Repository.Shared!, "goldens", "models", "gemma2");
        }
    }

    [Theory, InlineData("A"), InlineData("B")]
    public void Run_EveryHook_EqualsTransformerLens(string batch)
    {
        var golden = new Golden(Folder);
        var model = Transformer.Load(Folder);
        var run = model.Run(golden.Tokens("tokens/" + batch), capture: HookSelection.All);
        Golden.AssertClose("logits", golden[batch + "/unprocessed/logits"], run.Logits.Padded());
        Assert.Equal(golden.Json.GetProperty("hooks").GetArrayLength(), golden.AssertActivations(batch + "/unprocessed/", run));
    }

    [Fact]
    public void Run_HooksKept_ComeInTransformerLensOrder()
    {
        var golden = new Golden(Folder);
        var run = Transformer.Load(Folder).Run(golden.Tokens("tokens/A"), capture: HookSelection.All);
        var wanted = golden.Json.GetProperty("hooks").EnumerateArray().Select(e => e.GetString()!);
        Assert.Equal(wanted, run.Activations.Points.Select(p => p.ToString()).Where(n => !n.EndsWith("mlp.hook_in", StringComparison.Ordinal)));
    }

    [Fact]
    public void Run_GlobalFirst_EqualsTransformerLens2Order()
    {
        var golden = new Golden(Folder);
        var model = Transformer.Load(Folder, new LoadOptions { LayerOrder = LayerOrder.GlobalFirst });
        var run = model.Run(golden.Tokens("tokens/A"), capture: HookSelection.All);
        Golden.AssertClose("A", golden["A/swapped_order/logits"], run.Logits.Padded());
        Assert.Equal(2 * model.Config.Layers, golden.AssertActivations("A/swapped_order/", run));
        Golden.AssertClose("B", golden["B/swapped_order/logits"], model.Run(golden.Tokens("tokens/B")).Logits.Padded());
    }

    [Fact]
    public void Run_HookResult_EqualsTransformerLens()
    {
        var golden = new Golden(Folder);
        var run = Transformer.Load(Folder).Run(golden.Tokens("tokens/A"), capture: "blocks.*.attn.hook_result");
        Golden.AssertClose("logits", golden["A/use_attn_result/logits"], run.Logits.Padded());
        Assert.True(golden.AssertActivations("A/use_attn_result/", run) > 0);
    }

    [Fact]
    public void Loss_BatchB_EqualsTransformerLens()
    {
        var golden = new Golden(Folder);
        var run = Transformer.Load(Folder).Run(golden.Tokens("tokens/B"));
        var wanted = golden["B/unprocessed/loss_per_token"];
        for (var p = 0; p < 3; p++)
            Golden.AssertClose("loss", wanted[p], run.LossPerToken(p));
        Assert.Equal(golden["B/unprocessed/loss"].Span[0], run.Loss(), 5e-5);
    }

    [Fact]
    public void Run_UnequalPrompts_EqualTransformerLensLeftPadded()
    {
        var golden = new Golden(Folder);
        int[][] padded = golden.Tokens("tokens/P"), mask = golden.Tokens("tokens/P_mask");
        var prompts = padded.Select((row, p) => row.Where((_, i) => mask[p][i] == 1).ToArray()).ToArray();
        var run = Transformer.Load(Folder).Run(prompts, capture: HookSelection.All);
        for (var p = 0; p < prompts.Length; p++)
        {
            var pads = padded[p].Length - prompts[p].Length;
            Golden.AssertClose($"logits {p}", golden["P/unprocessed/logits"][p].Rows(pads, prompts[p].Length), run.Logits[p]);
            foreach (var name in golden.Names.Where(n => n.StartsWith("P/unprocessed/", StringComparison.Ordinal) && n.EndsWith("hook_resid_post", StringComparison.Ordinal)))
                Golden.AssertClose(name, golden[name][p].Rows(pads, prompts[p].Length), run.Activations[name["P/unprocessed/".Length..]][p]);
            Golden.AssertClose($"loss {p}", golden["P/unprocessed/loss_per_token"][p].Rows(pads, prompts[p].Length - 1), run.LossPerToken(p));
        }
    }

    [Fact]
    public void Run_Edits_EqualTransformerLens()
    {
        var golden = new Golden(Folder);
        var model = Transformer.Load(Folder);
        var edits = new Dictionary<string, Edit>
        {
            ["zero_resid_pre_L1_pos3"] = Hook.Zero("blocks.1.hook_resid_pre", position: 3),
            ["zero_head0_z_L0"] = Hook.Zero("blocks.0.attn.hook_z", head: 0),
            ["add_steer_resid_post_L1"] = Hook.Add("blocks.1.hook_resid_post", golden["vectors/steer"].Memory),
            ["mean_mlp_out_L0"] = Hook.Change("blocks.0.hook_mlp_out", MeanOverPositions),
        };
        foreach (var (name, edit) in edits)
            Golden.AssertClose(name, golden[$"A/edits/{name}/logits"], model.Run(golden.Tokens("tokens/A"), edit: [edit]).Logits.Padded());
    }

    [Fact]
    public void Run_StopAndStart_EqualTransformerLens()
    {
        var golden = new Golden(Folder);
        var model = Transformer.Load(Folder);
        var tokens = golden.Tokens("tokens/A");
        var stopped = model.Run(tokens, stopAtLayer: 1).Residual;
        Golden.AssertClose("stop 1", golden["A/stop_at_layer_1/resid"], stopped);
        Golden.AssertClose("stop -1", golden["A/stop_at_layer_-1/resid"], model.Run(tokens, stopAtLayer: -1).Residual);
        foreach (ref var v in stopped.Span)
            v *= 1.25f;
        Golden.AssertClose("start 1", golden["A/start_at_layer_1/logits"], model.Run(tokens, startAtLayer: 1, residual: stopped).Logits.Padded());
    }

    [Fact]
    public void Generate_Greedy_EqualsTransformerLens()
    {
        var golden = new Golden(Folder);
        var model = Transformer.Load(Folder);
        var prompt = golden.Tokens("tokens/A")[0][..5];
        var steer = Hook.Add("blocks.1.hook_resid_post", golden["vectors/steer"].Memory);
        var penalised = new Sampling { TopK = 1, FrequencyPenalty = 1 };
        Check("greedy", model.Generate(prompt, 20));
        Check("greedy_freq_penalty_1_ignored", model.Generate(prompt, 20, Sampling.Greedy with { FrequencyPenalty = 1 }));
        Check("top_k_1_freq_penalty_1", model.Generate(prompt, 20, penalised));
        Check("steered_greedy", model.Generate(prompt, 20, edit: [steer]));

        void Check(string name, IReadOnlyList<GeneratedText> made) =>
            Assert.Equal(golden.Tokens($"A/generate/{name}/tokens")[0][5..], made[0].Tokens);
    }

    private static void MeanOverPositions(Tensor value)
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
