using FeatureInterp.Models;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

/// <summary>Every family against its twin in double precision, over shapes, layouts and element types drawn at random: every hook and the logits.</summary>
public class FamilyTwinTests
{
    private static readonly string[] EveryHook = ["*", "blocks.*.attn.hook_result", "blocks.*.hook_mlp_in"];

    private static readonly Config Some = Config.QuickThrowOnFailure.WithMaxTest(30).WithReplay(7, 3);

    public static TheoryData<string> Families => [.. TwinFamily.Names];

    public static TheoryData<string> LayerNorms => ["gpt2", "gpt_neox", "phi"];

    public static TheoryData<string, string> Processed()
    {
        var cases = new TheoryData<string, string>();
        foreach (var family in TwinFamily.Names)
        {
            foreach (var processing in Processings.Names.Skip(1))
                cases.Add(family, processing);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Families))]
    public void Run_AnyShape_EqualsTheTwinAtEveryHook(string family) =>
        Prop.ForAll(Seeds, seed => EqualsTheTwin(family, TinyShape.Random(seed), new LoadOptions
        {
            LayerOrder = (LayerOrder)(seed % 2),
            GemmaGelu = (GemmaGelu)(seed / 2 % 2),
        })).Check(Some);

    [Theory, MemberData(nameof(Processed))]
    public void Run_ProcessedWeights_EqualTheTwinWhoseWeightsAreRewritten(string family, string processing) =>
        Prop.ForAll(Seeds, seed => EqualsTheTwin(family, TinyShape.Random(seed), new LoadOptions { Processing = Processings.Of(processing) })).Check(Some.WithMaxTest(8));

    [Theory, MemberData(nameof(LayerNorms))]
    public void Run_NormalizedAfterGain_EqualsTheTwin(string family) =>
        Prop.ForAll(Seeds, seed => EqualsTheTwin(family, TinyShape.Random(seed), new LoadOptions
        {
            NormalizedHook = NormalizedHook.AfterGain,
            Processing = Processings.Of(Processings.Names[seed % Processings.Names.Count]),
        })).Check(Some.WithMaxTest(8));

    [Theory, MemberData(nameof(Families))]
    public void Run_LongPrompt_EqualsTheTwinAtEveryPosition(string family)
    {
        using var tiny = new TinyModel(new TinyShape { Layers = 2, Context = 150, Window = 7, Seed = 11 }, family);
        var tokens = tiny.Prompt(150, seed: 12);
        TwinAssert.Close("logits", new ModelTwin(tiny).Run(tokens), tiny.Load().Run(tokens).Logits[0]);
    }

    // Nothing below would notice if the two ways of asking for it differed.
    [Theory, MemberData(nameof(Families))]
    public void WithProcessing_OfALoadedModel_IsTheModelLoadedSo(string family)
    {
        using var tiny = new TinyModel(family: family);
        var tokens = tiny.Prompt(7, 1);
        var plain = tiny.Load();
        var processed = plain.WithProcessing(WeightProcessing.Standard);
        var loaded = tiny.Load(new LoadOptions { Processing = WeightProcessing.Standard });
        Assert.Equal(loaded.Processing, processed.Processing);
        Assert.Equal(loaded.Flags, processed.Flags);
        TwinAssert.Same("logits", loaded.Run(tokens).Logits[0], processed.Run(tokens).Logits[0]);
        TwinAssert.Same("back", plain.Run(tokens).Logits[0], processed.WithProcessing(WeightProcessing.None).Run(tokens).Logits[0]);
    }

    private static Arbitrary<int> Seeds => Gen.Choose(0, 1 << 30).ToArbitrary();

    private static void EqualsTheTwin(string family, TinyShape shape, LoadOptions options)
    {
        using var tiny = new TinyModel(shape, family);
        var tokens = tiny.Prompt(1 + shape.Seed % 12, shape.Seed);
        var twin = new ModelTwin(tiny, options);
        var logits = twin.Run(tokens);

        var run = tiny.Load(options).Run(tokens, capture: EveryHook);
        TwinAssert.Close(twin, run);
        TwinAssert.Close("logits", logits, run.Logits[0]);
        TwinAssert.Close("loss per token", twin.Loss(logits, tokens), run.LossPerToken());
        Assert.Equal(twin.Hooks.Keys.Order(StringComparer.Ordinal), run.Activations.Points.Select(p => p.ToString()).Order(StringComparer.Ordinal));
    }
}
