using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>SAEs that cannot stand where they are put: each says why.</summary>
public sealed class SpliceErrorTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly Transformer _model;
    private readonly int[] _tokens;

    public SpliceErrorTests() => (_model, _tokens) = (_tiny.Load(), _tiny.Prompt(6, 1));

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("blocks.1.attn.q_norm.hook_scale", "blocks.1.hook_mlp_out", "no such hook; did you mean")]
    [InlineData("blocks.3.ln2.hook_normalized", "blocks.1.hook_mlp_out", "layers 0–2")]
    [InlineData("blocks.1.ln2.hook_normalized", "blocks.9.hook_mlp_out", "blocks.2.hook_mlp_out")]
    [InlineData("blocks.1.ln2.hook_normalized", "hook_pos_embed", "hook_embed")]
    [InlineData("blocks.1.mlp.hook_post", "blocks.1.hook_mlp_out", "encodes 20 values, but blocks.1.mlp.hook_post has 28")]
    [InlineData("blocks.1.ln2.hook_normalized", "blocks.1.mlp.hook_post", "decodes to 20 values, but blocks.1.mlp.hook_post has 28")]
    [InlineData("blocks.1.attn.hook_pattern", "blocks.1.hook_mlp_out", "hook_pattern")]
    public void Run_TranscoderThatDoesNotFit_SaysWhy(string input, string output, string named)
    {
        using var transcoder = new TinyTranscoder(input, output);
        var e = Assert.ThrowsAny<Exception>(() => _model.Run(_tokens, splice: [transcoder.Load().Splice()]));
        Assert.True(e is SaeException or HookException, e.ToString());
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Splice_TranscoderThatDoesNotSayWhereItWrites_IsRefused()
    {
        using var transcoder = new TinyTranscoder("blocks.1.ln2.hook_normalized", "blocks.1.hook_mlp_out");
        var path = Path.Combine(transcoder.Folder, "cfg.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"hook_name_out\": \"blocks.1.hook_mlp_out\", ", "", StringComparison.Ordinal));
        var e = Assert.Throws<SaeException>(() => transcoder.Load().Splice());
        Assert.Contains("HookOut", e.Message, StringComparison.Ordinal);
        var told = SparseAutoencoder.Load(transcoder.Folder, new SaeLoadOptions { HookOut = HookPoint.Parse("blocks.1.hook_mlp_out") });
        Assert.Equal("blocks.1.hook_mlp_out.hook_sae_acts_post", told.FeaturesHook);
    }

    [Fact]
    public void Run_OutputBeforeInput_IsRefused()
    {
        using var transcoder = new TinyTranscoder("blocks.1.hook_mlp_out", "blocks.1.ln2.hook_normalized");
        var e = Assert.Throws<HookException>(() => _model.Run(_tokens, splice: [transcoder.Load().Splice()]));
        Assert.Contains("blocks.1.hook_mlp_out", e.Message, StringComparison.Ordinal);
        Assert.Contains("only after", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TranscoderWhereAnSaeStands_NamesBoth()
    {
        using var tinySae = new TinySae(new TinySaeShape { Hook = "blocks.1.hook_mlp_out" });
        using var transcoder = new TinyTranscoder("blocks.1.ln2.hook_normalized", "blocks.1.hook_mlp_out");
        SparseAutoencoder sae = tinySae.Load(), over = transcoder.Load();
        var e = Assert.Throws<HookException>(() => _model.Run(_tokens, splice: [sae.Splice(), over.Splice()]));
        Assert.Contains("blocks.1.hook_mlp_out", e.Message, StringComparison.Ordinal);
        Assert.Contains(sae.Name, e.Message, StringComparison.Ordinal);
        Assert.Contains(over.Name, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OneSaeTwice_IsRefused()
    {
        using var tinySae = new TinySae();
        var splice = tinySae.Load().Splice();
        Assert.Throws<HookException>(() => _model.Run(_tokens, splice: [splice, splice]));
        Assert.Throws<HookException>(() => _model.Generate(_tokens, 2, splice: [splice, splice]));
    }

    [Fact]
    public void Run_BeginningBetweenInputAndOutput_IsRefused()
    {
        using var transcoder = new TinyTranscoder("blocks.0.hook_resid_pre", "blocks.2.hook_mlp_out");
        var splice = transcoder.Load().Splice();
        var residual = _model.Run(_tokens, stopAtLayer: 1).Residual;
        var e = Assert.Throws<HookException>(() => _model.Run(_tokens, startAtLayer: 1, residual: residual, splice: [splice]));
        Assert.Contains("blocks.0.hook_resid_pre", e.Message, StringComparison.Ordinal);
        Assert.Contains("begin the run earlier", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_EndingBetweenInputAndOutput_IsRefused()
    {
        using var transcoder = new TinyTranscoder("blocks.0.hook_resid_pre", "blocks.2.hook_mlp_out");
        var e = Assert.Throws<HookException>(() => _model.Run(_tokens, stopAtLayer: 2, splice: [transcoder.Load().Splice()]));
        Assert.Contains("blocks.2.hook_mlp_out", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_PartThatHasBothHooks_EqualsTheWholeRun()
    {
        using var transcoder = new TinyTranscoder("blocks.1.ln2.hook_normalized", "blocks.1.hook_mlp_out");
        var splice = transcoder.Load().Splice();
        var residual = _model.Run(_tokens, stopAtLayer: 1).Residual;
        var after = _model.Run(_tokens, startAtLayer: 1, stopAtLayer: 2, residual: residual, splice: [splice]).Residual;
        TwinAssert.Same("logits", _model.Run(_tokens, splice: [splice]).Logits[0], _model.Run(_tokens, startAtLayer: 2, residual: after).Logits[0]);
    }

    [Fact]
    public void Features_NotKept_SaysHowToKeepThem()
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        var e = Assert.Throws<HookException>(() => _model.Run(_tokens, splice: [sae.Splice()]).Features(sae));
        Assert.Contains(sae.FeaturesHook, e.Message, StringComparison.Ordinal);
        Assert.Contains("capture", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FeatureThatIsNotThere_SaysWhichThereAre()
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        foreach (var edit in new[] { Hook.Set(sae.FeaturesHook, 1, index: 53), Hook.Scale(sae.FeaturesHook, 2, index: 53), Hook.Zero(sae.FeaturesHook, index: 53) })
            Assert.Contains("0 to 52", Assert.Throws<HookException>(() => _model.Run(_tokens, edit: [edit], splice: [sae.Splice()])).Message, StringComparison.Ordinal);
        Assert.Throws<HookException>(() => Hook.Set(sae.FeaturesHook, 1, index: -1));
        Assert.Throws<HookException>(() => Hook.Scale(sae.FeaturesHook, 1, position: -1));
    }

    [Fact]
    public void Run_SpecialTokensWithoutTokenizer_SaysWhatIsMissing()
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        Assert.Contains("tokenizer", Assert.Throws<ModelFileException>(() => _model.Run(_tokens, splice: [sae.Splice(exclude: TokenSet.Special)])).Message, StringComparison.Ordinal);
        Assert.Contains("61", Assert.Throws<PromptException>(() => _model.Run(_tokens, splice: [sae.Splice(exclude: [3, 61])])).Message, StringComparison.Ordinal);
        Assert.Throws<PromptException>(() => _model.Run(_tokens, splice: [sae.Splice(exclude: [-1])]));
    }
}
