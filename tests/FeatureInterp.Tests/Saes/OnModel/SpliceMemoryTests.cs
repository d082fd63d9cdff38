using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>What spliced SAEs add to the plan of a run's memory, counted by hand.</summary>
public sealed class SpliceMemoryTests : IDisposable
{
    private const int Rows = 8;

    private readonly TinyModel _tiny = new();
    private readonly Transformer _model;
    private readonly TokenBatch _batch;

    public SpliceMemoryTests() => (_model, _batch) = (_tiny.Load(), new TokenBatch([_tiny.Prompt(5, 1), _tiny.Prompt(3, 2)]));

    public void Dispose() => _tiny.Dispose();

    private MemoryPlan Plan(string[]? capture, Edit[]? edits, params ISplice[] splices) =>
        MemoryPlan.Of(_model, _batch, new HookScope(_model, capture ?? [], edits, splices), LogitsAt.Every, 0);

    // Its own copy of the input twice, the features, the value before and after.
    [Fact]
    public void Of_OneSae_CountsWhatItWorksWith()
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        var without = Plan(null, null).Work;
        Assert.Equal(Rows * (2 * 20 + 53 + 2 * 20) * 4, Plan(null, null, sae.Splice()).Work - without);
        Assert.Equal(Rows * (2 * 20 + 53 + 4 * 20) * 4, Plan(null, null, sae.Splice(errorTerm: true)).Work - without);
    }

    // Besides, what it reads is laid by until the other hook is reached.
    [Fact]
    public void Of_Transcoder_CountsTheInputLaidBy()
    {
        using var transcoder = new TinyTranscoder("blocks.1.mlp.hook_post", "blocks.1.hook_mlp_out", dIn: 28);
        Assert.Equal(Rows * (28 + 2 * 28 + 53 + 2 * 20) * 4, Plan(null, null, transcoder.Load().Splice()).Work - Plan(null, null).Work);
    }

    // A step of generation goes over the whole texts again: of 30 tokens, not of the 8 that are new.
    [Fact]
    public void Of_TemporalSae_CountsTheTokensBefore()
    {
        using var temporal = new TinyTemporal("blocks.1.hook_resid_post");
        var splice = temporal.Load().Splice();
        double Room(long held) => new HookScope(_model, null, null, [splice]).SpliceRoom(_model.Config, Rows, held);
        Assert.Equal(Rows * (5 * 20 + 6 * 48), Room(0));
        Assert.Equal(30 * (5 * 20 + 6 * 48), Room(30));
    }

    // One works after another.
    [Fact]
    public void Of_SeveralSaes_CountsTheLargest()
    {
        using TinySae small = new(), large = new(new TinySaeShape { Hook = "blocks.2.hook_resid_pre", DSae = 400 });
        Assert.Equal(Plan(null, null, large.Load().Splice()).Work, Plan(null, null, small.Load().Splice(), large.Load().Splice()).Work);
    }

    [Fact]
    public void Of_KeptInside_CountsTheSaesWidths()
    {
        using var transcoder = new TinyTranscoder("blocks.1.mlp.hook_post", "blocks.1.hook_mlp_out", dIn: 28);
        var splice = transcoder.Load().Splice(errorTerm: true);
        Assert.Equal(Rows * (28 + 53 + 53 + 20 + 20 + 20) * 4, Plan(["*.hook_sae_*"], null, splice).Kept);
    }

    // Kept features take a triple each, and 512 of them are reckoned with where nothing is known of the SAE.
    [Fact]
    public void Of_ManyFeatures_AreCountedSparseUnlessTheyAreWrittenOut()
    {
        using var tinySae = new TinySae(new TinySaeShape { DIn = 20, DSae = 5000 });
        var sae = tinySae.Load();
        double dense = Rows * 5000 * 4, sparse = Rows * 3 * 512 * 4;
        Assert.Equal(sparse, Plan([sae.FeaturesHook], null, sae.Splice()).Kept);
        Assert.Equal(dense, Plan([sae.FeaturesHook], [Hook.Zero(sae.FeaturesHook, index: 1)], sae.Splice()).Kept);
        var work = Plan(null, null, sae.Splice()).Work;
        Assert.Equal(work, Plan([sae.FeaturesHook], null, sae.Splice()).Work);
        Assert.Equal(dense - sparse, Plan(null, [Hook.Zero(sae.FeaturesHook, index: 1)], sae.Splice()).Work - work);
        Assert.Equal(dense - sparse, Plan([sae.FeaturesHook.Replace("acts_post", "acts_pre", StringComparison.Ordinal)], null, sae.Splice()).Work - work);
    }
}
