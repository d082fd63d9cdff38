using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>A temporal SAE in a model reads the tokens before: those of its own prompt, also when they were run in an earlier step.</summary>
public sealed class TemporalSpliceTests : IDisposable
{
    private const string At = "blocks.1.hook_resid_post";

    private readonly TinyModel _tiny = new(new TinyShape { Window = 5, Seed = 3 });
    private readonly TinyTemporal _temporal = new(At);
    private readonly SparseAutoencoder _sae;
    private readonly Transformer _model;

    public TemporalSpliceTests() => (_model, _sae) = (_tiny.Load(), _temporal.Load());

    public void Dispose()
    {
        _tiny.Dispose();
        _temporal.Dispose();
    }

    public static TheoryData<bool, int> Cases() => [.. from errorTerm in (bool[])[false, true] from edits in (int[])[0, 1, 2, 3] select new TheoryDataRow<bool, int>(errorTerm, edits)];

    private Edit[] Edits(int kinds) =>
    [
        .. (kinds & 1) != 0 ? [Hook.Scale(_sae.FeaturesHook, 3, index: 5), Hook.Set(_sae.FeaturesHook, 0.7f, index: 9)] : (Edit[])[],
        .. (kinds & 2) != 0 ? [Hook.Scale(At + ".hook_sae_input", 1.2f), Hook.Set(At + ".hook_sae_input", 0.4f, index: 3)] : (Edit[])[],
    ];

    /// <summary>The prompt's own numbers depend on the tokens before, or the other tests here would show nothing.</summary>
    [Fact]
    public void Run_OneTokenChanged_ChangesWhatLaterOnesDecodeTo()
    {
        var x = new TinySae().Inputs(6, seed: 3);
        var y = x.Clone();
        y[1].Span.Fill(2);
        Tensor first = _sae.Reconstruct(x), second = _sae.Reconstruct(y);
        TwinAssert.Same("before it", first[0], second[0]);
        Assert.Contains(Enumerable.Range(0, 20), d => Math.Abs(first[4, d] - second[4, d]) > 1e-3);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Run_UnequalPrompts_AreWhatEachIsAlone(bool errorTerm, int edits)
    {
        int[][] prompts = [_tiny.Prompt(9, 2), _tiny.Prompt(1, 3), _tiny.Prompt(5, 4)];
        ISplice[] splices = [_sae.Splice(errorTerm)];
        var together = _model.Run(prompts, splice: splices, edit: Edits(edits), capture: "*.hook_sae_*");
        for (var p = 0; p < 3; p++)
        {
            var alone = _model.Run(prompts[p], splice: splices, edit: Edits(edits), capture: "*.hook_sae_*");
            Golden.AssertClose($"logits {p}", alone.Logits[0], together.Logits[p], 1e-5);
            foreach (var point in alone.Activations.Points)
                Golden.AssertClose($"{point} of {p}", alone.Activations[point][0], together.Activations[point][p], 1e-5);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Generate_Batch_EqualsRepeatedWholeRuns(bool errorTerm, int edits)
    {
        int[][] prompts = [_tiny.Prompt(6, 1), _tiny.Prompt(1, 2), _tiny.Prompt(9, 7)];
        ISplice[] splices = [_sae.Splice(errorTerm)];
        var seen = new List<float>();
        var look = Hook.Change(At + ".hook_sae_output", value => seen.AddRange(value.Row(value.Shape[0] - 1)));
        var made = _model.Generate(prompts, 10, splice: splices, edit: [.. Edits(edits), look]);
        float[] inSteps = [.. seen];
        seen.Clear();
        var texts = (int[][])prompts.Clone();
        for (var i = 0; i < 10; i++)
        {
            for (var p = 0; p < 3; p++)
                texts[p] = [.. texts[p], _model.Run(texts[p], splice: splices, edit: [.. Edits(edits), look]).Top(1)[0].Token];
        }

        for (var p = 0; p < 3; p++)
            Assert.Equal(texts[p][prompts[p].Length..], made[p].Tokens);
        Golden.AssertClose("what the model goes on with", new Tensor(seen.ToArray(), seen.Count), new Tensor(inSteps, inSteps.Length), 1e-4);
    }

    [Fact]
    public void Generate_PromptThatEndsEarly_LeavesTheOthers()
    {
        int[][] prompts = [_tiny.Prompt(6, 1), _tiny.Prompt(3, 2), _tiny.Prompt(9, 7)];
        ISplice[] splices = [_sae.Splice()];
        var free = _model.Generate(prompts, 10, splice: splices);
        var stop = free[1].Tokens[1];
        var made = _model.Generate(prompts, 10, splice: splices, stopTokens: [stop]);
        for (var p = 0; p < 3; p++)
            Assert.Equal(free[p].Tokens.TakeWhile(t => t != stop), made[p].Tokens.TakeWhile(t => t != stop));
    }

    [Fact]
    public void Run_EarlierTokensOnlyInACache_IsRefused()
    {
        var tokens = _tiny.Prompt(8, 1);
        var cache = new KvCache(_model.Config, 1);
        _model.Run(tokens[..5], cache: cache, splice: [_sae.Splice()]);
        var e = Assert.Throws<SaeException>(() => _model.Run(tokens[5..], cache: cache, splice: [_sae.Splice()]));
        Assert.Contains("5 tokens of prompt 0", e.Message, StringComparison.Ordinal);
        Assert.Contains("Generate", e.Message, StringComparison.Ordinal);
    }
}
