using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>Interventions on an SAE that was run once, against whole runs with the SAE in place, one line and prompt at a time.</summary>
public sealed class SaeReplayTests : IDisposable
{
    private readonly TinyModel _tiny = new(new TinyShape { Tied = false, Seed = 3 });
    private readonly Transformer _model;
    private readonly int[][] _prompts;

    public SaeReplayTests()
    {
        _model = _tiny.Load();
        _prompts = [_tiny.Prompt(8, 1), _tiny.Prompt(3, 2)];
    }

    public void Dispose() => _tiny.Dispose();

    private static readonly TinySaeShape[] Shapes =
    [
        new(),
        new() { Architecture = "standard", Hook = "blocks.0.hook_mlp_out", Seed = 2 },
        new() { Hook = "blocks.1.attn.hook_z", Reshape = "hook_z", DIn = 24, Seed = 3 },
        new() { Hook = "blocks.2.hook_resid_pre", Normalize = "layer_norm", Seed = 4 },
        new() { Hook = "blocks.0.hook_resid_pre", Seed = 5 },
        new() { Hook = "blocks.2.hook_resid_post", ApplyBDec = false, Seed = 6 },
        new() { Hook = "hook_embed", Seed = 7 },
        new() { Architecture = "topk", Seed = 8 },
        new() { Architecture = "topk", Rescale = true, Seed = 9 },
        new() { Architecture = "gated", Hook = "blocks.1.mlp.hook_post", DIn = 28, Seed = 10 },
        new() { Architecture = "matching_pursuit", Seed = 11 },
    ];

    public static TheoryData<int, bool> Cases()
    {
        var cases = new TheoryData<int, bool>();
        for (var shape = 0; shape < Shapes.Length; shape++)
        {
            cases.Add(shape, false);
            cases.Add(shape, true);
        }

        return cases;
    }

    // Line 0 changes nothing; the others differ from prompt to prompt.
    private static Intervention[] Changes(int line, int prompt) => (line, prompt) switch
    {
        (1, 0) => [Intervention.Clamp(7, 1.25), Intervention.Scale(4, -2)],
        (1, 1) => [Intervention.Clamp(7, -3) with { Positions = InterventionPositions.Last }],
        (2, 0) => [Intervention.Clamp(9, 2) with { Positions = InterventionPositions.At(2, 5) }, Intervention.Zero(11)],
        (3, 0) => [Intervention.Zero(12) with { OnPrompt = false }],
        (3, 1) => [Intervention.Scale(7, 3), Intervention.Clamp(0, 0.5)],
        _ => [],
    };

    private void AssertEqualsWholeRuns(SparseAutoencoder sae, bool errorTerm)
    {
        var replay = new SaeReplay(_model, sae, _prompts, errorTerm);
        var run = replay.Run(4, Changes);
        Assert.Equal(8, run.Logits.Count);
        for (var line = 0; line < 4; line++)
        {
            for (var p = 0; p < 2; p++)
            {
                var edits = sae.Intervene([.. Changes(line, p).Select(i => i with { ErrorTerm = errorTerm })]).Edits;
                var wanted = _model.Run(_prompts[p], edit: edits, splice: [sae.Splice(errorTerm)]).Logits[0];
                Golden.AssertClose($"line {line}, prompt {p}", wanted, run.Logits[line * 2 + p], 2e-5);
            }
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Run_EveryKind_EqualsWholeRuns(int shape, bool errorTerm)
    {
        using var tinySae = new TinySae(Shapes[shape]);
        AssertEqualsWholeRuns(tinySae.Load(), errorTerm);
    }

    [Theory]
    [InlineData("blocks.1.ln2.hook_normalized", "blocks.1.hook_mlp_out")]
    [InlineData("blocks.0.hook_resid_pre", "blocks.2.hook_mlp_out")]
    [InlineData("hook_embed", "blocks.1.hook_resid_post")]
    public void Run_Transcoder_EqualsWholeRuns(string input, string output)
    {
        using var transcoder = new TinyTranscoder(input, output, _tiny.Shape.DModel, _tiny.Shape.DModel, skip: true);
        AssertEqualsWholeRuns(transcoder.Load(), errorTerm: false);
        AssertEqualsWholeRuns(transcoder.Load(), errorTerm: true);
    }

    [Fact]
    public void Run_Temporal_EqualsWholeRuns()
    {
        using var temporal = new TinyTemporal("blocks.1.hook_resid_post", _tiny.Shape.DModel);
        AssertEqualsWholeRuns(temporal.Load(), errorTerm: false);
        AssertEqualsWholeRuns(temporal.Load(), errorTerm: true);
    }

    [Fact]
    public void Run_AddingWithAndWithoutSae_AddsToWhatItWrites()
    {
        using var tinySae = new TinySae(Shapes[0]);
        var sae = tinySae.Load();
        foreach (var errorTerm in new[] { false, true })
        {
            var run = new SaeReplay(_model, sae, _prompts, errorTerm).Run(1, (_, _) => [Intervention.Add(4, 2)]);
            var branch = sae.Intervene(Intervention.Add(4, 2) with { ErrorTerm = errorTerm });
            Golden.AssertClose("added", _model.Run(_prompts[1], edit: branch.Edits, splice: branch.Splices).Logits[0], run.Logits[1], 2e-5);
        }
    }

    [Fact]
    public void IntervenePerPrompt_ThoseThatDisagree_AreRefused()
    {
        using var tinySae = new TinySae(Shapes[0]);
        var sae = tinySae.Load();
        Assert.Contains("attached", Assert.Throws<SaeException>(() => sae.IntervenePerPrompt([[Intervention.Add(1, 2)], [Intervention.Zero(1)]])).Message, StringComparison.Ordinal);
        Assert.Contains("error term", Assert.Throws<SaeException>(() => sae.IntervenePerPrompt([[Intervention.Zero(1)], [Intervention.Zero(1) with { ErrorTerm = false }]])).Message, StringComparison.Ordinal);
        Assert.True(sae.IntervenePerPrompt([[], []]).IsClean);
        var replay = new SaeReplay(_model, sae, _prompts, errorTerm: true);
        Assert.Contains("no feature 53", Assert.Throws<SaeException>(() => replay.Run(1, (_, _) => [Intervention.Zero(53)])).Message, StringComparison.Ordinal);
    }
}
