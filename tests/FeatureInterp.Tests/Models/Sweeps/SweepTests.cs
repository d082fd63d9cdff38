using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Lines of a sweep against each line run by itself, to the bit, in every family.</summary>
public class SweepTests
{
    private static readonly TinyShape Shape = new() { DModel = 36, HeadDim = 10, Window = 3, Tied = false, RopeBase = 300, Seed = 5 };

    private static readonly string[] Hooks =
    [
        "hook_embed", "blocks.0.hook_resid_pre", "blocks.0.attn.hook_v", "blocks.1.attn.hook_pattern", "blocks.1.attn.hook_z", "blocks.1.attn.hook_result",
        "blocks.1.mlp.hook_post", "blocks.1.hook_mlp_in", "blocks.1.hook_resid_post", "blocks.2.hook_q_input", "blocks.2.hook_resid_post", "ln_final.hook_scale", "unembed.hook_out",
    ];

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var family in TwinFamily.Names)
        {
            foreach (var hook in Hooks.Where(h => h != "blocks.1.hook_mlp_in" || family is "gpt2" or "gemma2"))
                cases.Add(family, hook);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Run_OneHook_IsBitForBitEachLineAlone(string family, string hook)
    {
        using var tiny = new TinyModel(Shape, family);
        var model = tiny.Load(new LoadOptions { Processing = WeightProcessing.Standard });
        Branch[] branches = [Branch.Clean, Scaled(hook, 0), Scaled(hook, 1.7f), Branch.Clean, Scaled(hook, -2), Scaled("blocks.2.hook_resid_post", 0.5f)];
        AssertRun(model, tiny.Prompt(9, 1), branches, LogitsAt.Every);
        AssertRun(model, tiny.Prompt(1, 2), branches, LogitsAt.Last);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Generate_OneHook_IsEachLineAlone(string family, string hook)
    {
        using var tiny = new TinyModel(Shape, family);
        var model = tiny.Load(new LoadOptions { Processing = WeightProcessing.Standard });
        Branch[] branches = [Branch.Clean, Scaled(hook, 0), Scaled(hook, 1.7f), Scaled(hook, -2)];
        AssertGenerate(model, tiny.Prompt(9, 1), branches, 12, Sampling.Greedy, []);
        AssertGenerate(model, tiny.Prompt(1, 2), branches, 8, new Sampling { Temperature = 2, Seed = 7 }, []);
    }

    public static TheoryData<string> Families => [.. TwinFamily.Names];

    [Theory, MemberData(nameof(Families))]
    public void Run_LinesFromAPosition_AreBitForBitEachLineAlone(string family)
    {
        using var tiny = new TinyModel(Shape, family);
        var model = tiny.Load(new LoadOptions { Processing = WeightProcessing.Standard });
        foreach (var length in new[] { 2, 3, 5, 21 })
        {
            var prompt = tiny.Prompt(length, length);
            foreach (var first in new[] { 1, length / 2, length - 1, length })
            {
                Branch[] branches =
                [
                    From("blocks.1.hook_resid_post", first, -1.5f),
                    Branch.Clean,
                    From("blocks.2.hook_resid_pre", first, 0.3f),
                    From("blocks.2.hook_mlp_out", length - 1, 4) with { FirstPosition = ^1 },
                ];
                AssertRun(model, prompt, branches, LogitsAt.Every);
                AssertRun(model, prompt, branches, LogitsAt.Last);
                AssertGenerate(model, prompt, branches, 6, Sampling.Greedy, []);
            }
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Generate_LinesThatStopEarly_AreEachLineAlone(string family)
    {
        using var tiny = new TinyModel(Shape, family);
        var model = tiny.Load();
        Branch[] branches = [.. Enumerable.Range(0, 6).Select(i => Scaled("blocks.0.hook_resid_post", 1 + i * 0.6f) with { Sampling = new Sampling { Temperature = 1.5f, Seed = i } })];
        var lengths = AssertGenerate(model, tiny.Prompt(7, 4), branches, 25, Sampling.Greedy, [.. Enumerable.Range(0, 5)]);
        Assert.True(lengths.Distinct().Count() > 1, "lines of one length would not tell much");
    }

    [Theory, InlineData(DType.BF16), InlineData(DType.F16)]
    public void Generate_TwoByteWeights_IsEachLineAlone(DType dtype)
    {
        using var tiny = new TinyModel(Shape with { DType = dtype, DModel = 132, DMlp = 67 });
        Branch[] branches = [.. Enumerable.Range(0, 7).Select(i => Scaled("blocks.1.hook_resid_post", 0.4f + i * 0.3f))];
        AssertGenerate(tiny.Load(), tiny.Prompt(6, 4), branches, 15, Sampling.Greedy, []);
    }

    [Fact]
    public void Generate_UpToTheContext_EndsLinesAsAlone()
    {
        using var tiny = new TinyModel(Shape with { Context = 16 });
        var model = tiny.Load();
        var made = new Sweep(model, tiny.Prompt(12, 1)).Generate([Branch.Clean, Scaled("blocks.1.hook_resid_pre", 3)], 30);
        foreach (var text in made)
        {
            Assert.Equal(5, text.Tokens.Count);
            Assert.Equal(FinishReason.ContextFull, text.Finished);
        }
    }

    [Fact]
    public void Run_Capture_KeepsWhatEachLineAloneKeeps()
    {
        using var tiny = new TinyModel(Shape);
        var model = tiny.Load();
        var prompt = tiny.Prompt(6, 1);
        Branch[] branches = [Branch.Clean, From("blocks.1.hook_resid_post", 4, 2), From("blocks.2.attn.hook_z", 3, -1)];
        HookSelection capture = ["*", "blocks.*.attn.hook_result"];
        var found = new Sweep(model, prompt).Run(branches, capture);
        for (var i = 0; i < branches.Length; i++)
        {
            var alone = model.Run(prompt, capture, branches[i].Edits);
            Assert.Equal(alone.Activations.Points, found[i].Activations.Points);
            foreach (var point in alone.Activations.Points)
                TwinAssert.Same($"{point} {i}", alone.Activations[point][0], found[i].Activations[point][0]);
        }
    }

    [Fact]
    public void Run_ManyLines_RunInPartsAndKeepTheirNumbers()
    {
        using var tiny = new TinyModel(Shape);
        var model = tiny.Load();
        var prompt = tiny.Prompt(39, 1);
        Branch[] branches = [.. Enumerable.Range(0, 230).Select(i => Scaled("blocks.1.hook_resid_post", i / 100f))];
        var found = new Sweep(model, prompt).Run(branches, logits: LogitsAt.Last);
        foreach (var i in new[] { 0, 1, 104, 105, 106, 229 })
            TwinAssert.Same($"{i}", model.Run(prompt, edit: branches[i].Edits, logits: LogitsAt.Last).Logits[0], found[i].Logits[0]);
    }

    [Fact]
    public void Run_Again_RunsOnlyWhatDiffers()
    {
        using var tiny = new TinyModel(Shape);
        var model = tiny.Load();
        var sweep = new Sweep(model, tiny.Prompt(8, 1));
        var seen = new List<(int Start, int Rows)>();
        Branch Watched(float factor) => new() { Edits = [Hook.Change("blocks.2.hook_resid_pre", t => seen.Add((0, t.Shape[0]))), .. Scaled("blocks.2.hook_resid_pre", factor).Edits] };
        var first = sweep.Run([Watched(2), Watched(3)]);
        var again = sweep.Run([Watched(2)]);
        TwinAssert.Same("again", first[0].Logits[0], again[0].Logits[0]);
        Assert.Equal([(0, 8), (0, 8), (0, 8)], seen);

        // A change further down than what is shared is not missed.
        var lower = Scaled("blocks.0.hook_resid_pre", 2);
        TwinAssert.Same("lower", model.Run(sweep.Tokens.ToArray(), edit: lower.Edits).Logits[0], sweep.Run([lower])[0].Logits[0]);
    }

    [Fact]
    public void Sweep_SeveralPrompts_AreRefused()
    {
        using var tiny = new TinyModel(Shape);
        var e = Assert.Throws<PromptException>(() => new Sweep(tiny.Load(), (int[][])[[1, 2], [3]]));
        Assert.Contains("2 were given", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_HookThatIsNotThere_IsRefused()
    {
        using var tiny = new TinyModel(Shape);
        var e = Assert.Throws<HookException>(() => new Sweep(tiny.Load(), tiny.Prompt(3, 1)).Run([Branch.Clean, Scaled("blocks.7.hook_resid_pre", 2)]));
        Assert.Contains("blocks.2.hook_resid_pre", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_Cancelled_HasToldWhatCameBefore()
    {
        using var tiny = new TinyModel(Shape);
        var sweep = new Sweep(tiny.Load(), tiny.Prompt(5, 1));
        using var cancel = new CancellationTokenSource();
        var told = new List<GeneratedToken>();
        Assert.Throws<OperationCanceledException>(() => sweep.Generate([Branch.Clean, Scaled("blocks.1.hook_resid_pre", 3)], 20, onToken: token =>
        {
            told.Add(token);
            if (told.Count == 6)
                cancel.Cancel();
        }, cancellation: cancel.Token));
        Assert.Equal([0, 1, 0, 1, 0, 1], told.Select(t => t.Prompt));
    }

    [Fact]
    public void And_JoinsLines()
    {
        Branch a = From("blocks.0.hook_resid_pre", 4, 2), b = From("blocks.1.hook_resid_pre", 2, 3);
        Assert.Equal(2, a.And(b).FirstPosition);
        Assert.Equal(["blocks.0.hook_resid_pre", "blocks.1.hook_resid_pre"], a.And(b).Edits.Select(e => e.Hook));
        Assert.Equal(4, Branch.Clean.And(a).FirstPosition);
        Assert.Equal(0, a.And(b with { FirstPosition = ^3 }).FirstPosition);
        Assert.Equal(^5, (a with { FirstPosition = ^5 }).And(b with { FirstPosition = ^3 }).FirstPosition);
    }

    private static Branch Scaled(string hook, float factor) => new Edit(hook, value =>
    {
        for (var p = 0; p < value.Count; p++)
        {
            foreach (ref var x in value[p].Span)
                x = (x * factor) + (factor == 0 || float.IsInfinity(x) ? 0 : 0.1f);
        }
    });

    private static Branch From(string hook, int position, float factor) => new()
    {
        FirstPosition = position,
        Edits =
        [
            new Edit(hook, value =>
            {
                for (var p = 0; p < value.Count; p++)
                {
                    for (var row = Math.Max(0, position - value.Batch.Start(p)); row < value[p].Shape[0]; row++)
                    {
                        foreach (ref var x in value[p].Row(row))
                            x *= factor;
                    }
                }
            }),
        ],
    };

    private static void AssertRun(Transformer model, int[] prompt, Branch[] branches, LogitsAt logits)
    {
        var found = new Sweep(model, prompt).Run(branches, logits: logits);
        for (var i = 0; i < branches.Length; i++)
            TwinAssert.Same($"line {i}", model.Run(prompt, edit: branches[i].Edits, logits: logits).Logits[0], found[i].Logits[0]);
    }

    private static int[] AssertGenerate(Transformer model, int[] prompt, Branch[] branches, int tokens, Sampling sampling, int[] stop)
    {
        var found = new Sweep(model, prompt).Generate(branches, tokens, sampling, stopTokens: stop);
        for (var i = 0; i < branches.Length; i++)
        {
            var alone = model.Generate(prompt, tokens, branches[i].Sampling ?? sampling, branches[i].Edits, stopTokens: stop)[0];
            Assert.Equal(alone.Tokens, found[i].Tokens);
            Assert.Equal(alone.LogProbabilities, found[i].LogProbabilities);
            Assert.Equal((alone.Text, alone.Finished), (found[i].Text, found[i].Finished));
        }

        return [.. found.Select(t => t.Tokens.Count)];
    }
}
