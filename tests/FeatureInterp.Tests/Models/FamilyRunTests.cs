using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>What must hold for a run of any family: batches, pieces, layers apart, generation.</summary>
public class FamilyRunTests
{
    private static readonly TinyShape Shape = new() { DModel = 36, HeadDim = 10, Window = 3, Tied = false, RopeBase = 300, Seed = 5 };

    public static TheoryData<string> Families => [.. TwinFamily.Names];

    [Theory, MemberData(nameof(Families))]
    public void Run_UnequalPrompts_AreBitForBitWhatEachIsAlone(string family)
    {
        using var tiny = new TinyModel(Shape, family);
        var model = tiny.Load(new LoadOptions { Processing = WeightProcessing.Standard });
        int[][] prompts = [tiny.Prompt(9, 1), tiny.Prompt(2, 2), tiny.Prompt(17, 3), tiny.Prompt(5, 4)];
        HookPoint[] every = [.. model.HookPoints];
        var together = model.Run(prompts, capture: every);
        for (var p = 0; p < prompts.Length; p++)
        {
            var alone = model.Run(prompts[p], capture: every);
            TwinAssert.Same($"logits {p}", alone.Logits[0], together.Logits[p]);
            foreach (var point in every)
                TwinAssert.Same($"{point} {p}", alone.Activations[point][0], together.Activations[point][p]);
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Run_InPiecesWithACache_EqualsTheWholeRun(string family)
    {
        using var tiny = new TinyModel(Shape, family);
        var options = new LoadOptions { Processing = WeightProcessing.Standard };
        var model = tiny.Load(options);
        int[][] prompts = [tiny.Prompt(13, 1), tiny.Prompt(8, 2)];
        double[][] wanted = [.. prompts.Select(p => new ModelTwin(tiny, options).Run(p))];
        var cache = new KvCache(model.Config, 2);
        foreach (var (from, to) in new[] { (0, 4), (4, 5), (5, 8) })
        {
            var run = model.Run(Array.ConvertAll(prompts, p => p[from..Math.Min(to, p.Length)]), cache: cache);
            for (var p = 0; p < 2; p++)
                TwinAssert.Close($"prompt {p} from {from}", wanted[p].AsSpan(from * 61, (to - from) * 61), run.Logits[p]);
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Run_StoppedAndStartedAtAnyLayer_IsBitForBitTheWholeRun(string family)
    {
        using var tiny = new TinyModel(Shape, family);
        var model = tiny.Load();
        int[][] prompts = [tiny.Prompt(7, 1), tiny.Prompt(3, 2)];
        var whole = model.Run(prompts, capture: "blocks.*.hook_resid_*");
        for (var layer = 0; layer < model.Config.Layers; layer++)
        {
            var residual = model.Run(prompts, stopAtLayer: layer).Residual;
            TwinAssert.Same($"stop {layer}", whole.Activations[$"blocks.{layer}.hook_resid_pre"][1], residual.Rows(7, 3));
            var rest = model.Run(prompts, startAtLayer: layer, residual: residual);
            for (var p = 0; p < 2; p++)
                TwinAssert.Same($"start {layer}", whole.Logits[p], rest.Logits[p]);
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Generate_Greedy_EqualsRepeatedWholeRunsOfTheTwin(string family)
    {
        using var tiny = new TinyModel(Shape, family);
        int[][] prompts = [tiny.Prompt(6, 1), tiny.Prompt(3, 2), tiny.Prompt(8, 3)];
        var wanted = Array.ConvertAll(prompts, prompt =>
        {
            var text = prompt;
            for (var i = 0; i < 8; i++)
            {
                var last = new ModelTwin(tiny).Run(text)[^61..];
                text = [.. text, Array.IndexOf(last, last.Max())];
            }

            return text[prompt.Length..];
        });
        Assert.True(wanted.SelectMany(t => t).Distinct().Count() > 3, "texts that only repeat themselves would not tell much");
        Assert.Equal(wanted, tiny.Load().Generate(prompts, 8).Select(t => t.Tokens.ToArray()));
    }

    [Theory, MemberData(nameof(Families))]
    public void Load_OlderAndNewerKeysOneFileOrShards_GiveTheSameBits(string family)
    {
        using var older = new TinyModel(Shape with { Scaling = TinyScaling.Linear }, family);
        using var newer = new TinyModel(Shape with { Scaling = TinyScaling.Linear, NewerKeys = true, Shards = 3 }, family);
        var tokens = older.Prompt(9, 1);
        TwinAssert.Same("logits", older.Load().Run(tokens).Logits[0], newer.Load().Run(tokens).Logits[0]);
    }

    // What old files carry along is passed over; a copy of the tied embedding that differs shows whether it is read.
    [Theory, MemberData(nameof(Families))]
    public void Load_LeftoversOfOldFiles_ChangeNothing(string family)
    {
        using var tiny = new TinyModel(Shape with { Tied = true, Leftovers = true }, family);
        var tokens = tiny.Prompt(9, 1);
        TwinAssert.Close("logits", new ModelTwin(tiny).Run(tokens), tiny.Load().Run(tokens).Logits[0]);
    }

    [Theory, InlineData(DType.BF16), InlineData(DType.F16)]
    public void Run_HalfWeightsOfEveryFamily_EqualTheTwin(DType dtype)
    {
        foreach (var family in TwinFamily.Names)
        {
            using var tiny = new TinyModel(Shape with { DType = dtype, Shards = 2 }, family);
            var tokens = tiny.Prompt(9, 1);
            TwinAssert.Close(family, new ModelTwin(tiny).Run(tokens), tiny.Load().Run(tokens).Logits[0]);
        }
    }

    // The test of scaled positions would be blind to a band that no pair falls in.
    [Fact]
    public void Run_Llama3ScalingWithAllThreeBands_EqualsTheTwin()
    {
        using var tiny = new TinyModel(Shape with { Scaling = TinyScaling.Llama3, HeadDim = 8, RopeBase = 1000, OldContext = 64 }, "llama");
        var plain = TwinMaths.Rotary(tiny.Shape, 8, 1000, TinyScaling.None);
        Assert.Equal([0, 1, 2, 2], plain.Select(t => TwinMaths.Band(t, TwinFamily.LowFactor, TwinFamily.HighFactor, 64)));
        var tokens = tiny.Prompt(40, 1);
        TwinAssert.Close("logits", new ModelTwin(tiny).Run(tokens), tiny.Load().Run(tokens).Logits[0]);
    }

    [Theory, InlineData("qwen2"), InlineData("qwen3")]
    public void Run_QwenWindowFromAnUnnamedLayer_StartsAtThePublishedOne(string family)
    {
        using var tiny = new TinyModel(new TinyShape { Layers = 30, Heads = 1, KeyValueHeads = 1, Window = 2, WindowFrom = 28 }, family);
        var config = tiny.Family.Config(tiny.Shape);
        config.Remove("max_window_layers");
        tiny.SaveConfig(config);
        var tokens = tiny.Prompt(9, 1);
        TwinAssert.Close("logits", new ModelTwin(tiny).Run(tokens), tiny.Load().Run(tokens).Logits[0]);
    }

    // GPT-NeoX may turn no part of a head at all.
    [Theory, InlineData("gpt_neox"), InlineData("phi")]
    public void Run_NothingTurned_EqualsTheTwin(string family)
    {
        using var tiny = new TinyModel(Shape with { Turned = 0 }, family);
        var tokens = tiny.Prompt(9, 1);
        TwinAssert.Close("logits", new ModelTwin(tiny).Run(tokens), tiny.Load().Run(tokens).Logits[0]);
    }
}
