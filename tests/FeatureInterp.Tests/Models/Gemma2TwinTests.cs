using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Gemma-2 against its twin in double precision: every hook, logits and loss, without any peer's files.</summary>
public class Gemma2TwinTests
{
    private static readonly string[] EveryHook = ["*", "blocks.*.attn.hook_result", "blocks.*.hook_mlp_in"];

    private static readonly TinyShape[] Shapes =
    [
        new(),
        new() { DModel = 36, Heads = 4, KeyValueHeads = 1, HeadDim = 10, DMlp = 56, Vocab = 97, Window = 3, Seed = 2 },
        new() { DModel = 40, Heads = 4, KeyValueHeads = 4, HeadDim = 12, Window = 5, Tied = false, Seed = 3 },
        new() { AttentionCap = null, LogitCap = null, Seed = 4 },
        new() { AttentionCap = null, LayerTypes = [false, true, true], RopeBase = 100, Seed = 5 },
        new() { LogitCap = null, Tied = false, LayerTypes = [true, false, true], Eps = 1e-2, Seed = 6 },
        new() { Layers = 1, Heads = 1, KeyValueHeads = 1, HeadDim = 2, Vocab = 3, DMlp = 1, DModel = 5, Window = 1, Seed = 7 },
        new() { Layers = 4, DModel = 36, Heads = 6, KeyValueHeads = 2, HeadDim = 10, DMlp = 56, Vocab = 97, QueryScalar = 24, Seed = 8 },
        new() { DType = DType.BF16, DModel = 36, HeadDim = 10, Vocab = 97, Seed = 9 },
        new() { DType = DType.F16, DModel = 40, HeadDim = 12, DMlp = 56, Tied = false, Seed = 10 },
    ];

    public static TheoryData<int, bool> Cases()
    {
        var cases = new TheoryData<int, bool>();
        for (var i = 0; i < Shapes.Length; i++)
        {
            cases.Add(i, true);
            cases.Add(i, false);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Run_EveryHookLogitsAndLoss_EqualTheTwin(int shape, bool localFirst)
    {
        using var tiny = new TinyModel(Shapes[shape]);
        var tokens = tiny.Prompt(13, seed: 100 + shape);
        var order = localFirst ? LayerOrder.LocalFirst : LayerOrder.GlobalFirst;
        var twin = new ModelTwin(tiny, new LoadOptions { LayerOrder = order });
        var logits = twin.Run(tokens);
        var loss = twin.Loss(logits, tokens);

        var model = tiny.Load(order);
        var run = model.Run(tokens, capture: EveryHook);
        TwinAssert.Close(twin, run);
        TwinAssert.Close("logits", logits, run.Logits[0]);
        TwinAssert.Close("loss per token", loss, run.LossPerToken());
        Assert.Equal(loss.Average(), run.Loss(), TwinAssert.Tolerance * loss.Max());
        Assert.Equal(twin.Hooks.Keys.Order(StringComparer.Ordinal), run.Activations.Points.Select(p => p.ToString()).Order(StringComparer.Ordinal));
    }

    // What decides between the two orders is whether the window bites: the test above would be blind if it never did.
    [Fact]
    public void Run_LayerOrders_DifferBeyondTheWindowOnly()
    {
        using var tiny = new TinyModel(new TinyShape { Window = 4 });
        var tokens = tiny.Prompt(9, seed: 1);
        Tensor local = tiny.Load().Run(tokens).Logits[0], global = tiny.Load(LayerOrder.GlobalFirst).Run(tokens).Logits[0];
        TwinAssert.Same("inside the window", local.Rows(0, 4), global.Rows(0, 4));
        Assert.Contains(Enumerable.Range(0, tiny.Shape.Vocab), v => Math.Abs(local[4, v] - global[4, v]) > 1e-3);
    }

    [Fact]
    public void Run_LongPrompt_EqualsTheTwinAtEveryPosition()
    {
        using var tiny = new TinyModel(new TinyShape { Context = 300, Window = 7, Seed = 11 });
        var tokens = tiny.Prompt(300, seed: 12);
        TwinAssert.Close("logits", new ModelTwin(tiny).Run(tokens), tiny.Load().Run(tokens).Logits[0]);
    }
}
