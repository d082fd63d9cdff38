using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>A value changed at any hook of any family goes on as in the twin, whatever was processed.</summary>
public class FamilyEditTests
{
    // Layer 1 of three: something comes before it and something after.
    private const int Layer = 1;

    private static readonly string[] InputHooks = ["hook_attn_in", "hook_q_input", "hook_k_input", "hook_v_input"];

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

    public static TheoryData<string> Families => [.. TwinFamily.Names];

    [Theory, MemberData(nameof(Cases))]
    public void Run_ValueChangedAtAnyHook_GoesOnAsInTheTwin(string family, string processing)
    {
        using var tiny = new TinyModel(new TinyShape { Window = 3, Scaling = TinyScaling.Linear }, family);
        ChangeEverywhere(tiny, new LoadOptions { Processing = Processings.Of(processing) });
    }

    [Theory, InlineData("gpt2"), InlineData("gpt_neox"), InlineData("phi")]
    public void Run_ValueChangedWhereNormsShowGains_GoesOnAsInTheTwin(string family)
    {
        using var tiny = new TinyModel(family: family);
        ChangeEverywhere(tiny, new LoadOptions { NormalizedHook = NormalizedHook.AfterGain });
    }

    // One copy for a head's queries, keys and values is there only where each head has its own keys and values.
    [Theory, MemberData(nameof(Families))]
    public void Run_ValueChangedWithoutGroups_GoesOnAsInTheTwin(string family)
    {
        using var tiny = new TinyModel(new TinyShape { Heads = 3, KeyValueHeads = 3, Tied = false, NewerKeys = true }, family);
        Assert.Contains(new HookPoint(HookSite.AttnIn, Layer), tiny.Load().HookPoints);
        ChangeEverywhere(tiny, new LoadOptions { Processing = WeightProcessing.Standard });
    }

    // The copies of the residual stream, kept and not changed, in all their combinations.
    [Theory, MemberData(nameof(Families))]
    public void Run_InputsOfHeadsKept_EqualTheTwin(string family)
    {
        using var tiny = new TinyModel(new TinyShape { Heads = 3, KeyValueHeads = 3 }, family);
        var tokens = tiny.Prompt(6, 3);
        for (var some = 1; some < 16; some++)
        {
            string[] asked = [.. InputHooks.Where((_, i) => (some >> i & 1) == 1).Select(h => $"blocks.{Layer}.{h}")];
            var twin = new ModelTwin(tiny) { Inputs = asked };
            var logits = twin.Run(tokens);
            var run = tiny.Load().Run(tokens, capture: (string[])["*", .. asked]);
            TwinAssert.KeptIsClose(string.Join(" ", asked), twin, run);
            TwinAssert.Close("logits", logits, run.Logits[0]);
            Assert.All(asked, name => Assert.True(run.Activations.Contains(HookPoint.Parse(name))));
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void HookPoints_OfAnyFamily_AreInTheOrderOfARun(string family)
    {
        using var tiny = new TinyModel(new TinyShape { KeyValueHeads = 4 }, family);
        var model = tiny.Load();
        var run = model.Run(tiny.Prompt(4, 2), capture: (HookPoint[])[.. model.HookPoints]);
        Assert.Equal(model.HookPoints, run.Activations.Points);
    }

    // Where heads read copies, the norm before them runs over the copies; its own width is that without them.
    [Theory, MemberData(nameof(Families))]
    public void WidthOf_AnyHook_IsTheSizeOfOnePosition(string family)
    {
        using var tiny = new TinyModel(new TinyShape { KeyValueHeads = 4 }, family);
        var model = tiny.Load();
        foreach (var split in new[] { true, false })
        {
            HookPoint[] some = [.. model.HookPoints.Where(p => p.Site.IsSplitInput() == split)];
            var kept = model.Run(tiny.Prompt(4, 2), capture: some).Activations;
            Assert.All(some, p => Assert.Equal(p.Site.IsAttention() ? 0 : kept[p][0].Length / 4, model.WidthOf(p)));
        }
    }

    // The edit is nothing a model undoes: every value becomes 0.7 of itself plus a little that depends on its place.
    private static void ChangeEverywhere(TinyModel tiny, LoadOptions options)
    {
        var model = tiny.Load(options);
        var tokens = tiny.Prompt(7, 1);
        foreach (var point in model.HookPoints.Where(p => !p.Site.IsPerLayer() || p.Layer == Layer))
        {
            var hook = point.ToString();
            var twin = new ModelTwin(tiny, options)
            {
                Inputs = [hook],
                Edit = (name, value) =>
                {
                    for (var i = 0; name == hook && i < value.Values.Length; i++)
                        value.Values[i] = 0.7 * value.Values[i] + 0.01 * (i % 5);
                },
            };
            var logits = twin.Run(tokens);
            var edit = Hook.Change(hook, value =>
            {
                for (var i = 0; i < value.Length; i++)
                    value.Span[i] = 0.7f * value.Span[i] + 0.01f * (i % 5);
            });
            var run = model.Run(tokens, capture: (string[])["*", "blocks.*.hook_mlp_in", hook], edit: [edit]);
            TwinAssert.KeptIsClose($"{hook} changed", twin, run);
            TwinAssert.Close($"{hook} changed: logits", logits, run.Logits[0]);
        }
    }
}
