using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>Whether an SAE belongs in a model.</summary>
public sealed class SaeFitTests : IDisposable
{
    private readonly TinyModel _tiny = new();
    private readonly Transformer _model;

    public SaeFitTests() => _model = _tiny.Load();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void For_LayerThatIsNotThere_SaysWhichThereAre()
    {
        var message = Refused(new TinySaeShape { Hook = "blocks.3.hook_resid_post" });
        Assert.Contains("layers 0–2", message, StringComparison.Ordinal);
        Assert.Contains("blocks.2.hook_resid_post", message, StringComparison.Ordinal);
    }

    [Fact]
    public void For_OtherWidth_SaysBoth()
    {
        var message = Refused(new TinySaeShape { DIn = 19, ModelName = "gemma-2-2b" });
        Assert.Contains("encodes 19 values", message, StringComparison.Ordinal);
        Assert.Contains("blocks.1.hook_resid_post has 20", message, StringComparison.Ordinal);
        Assert.Contains("gemma-2-2b", message, StringComparison.Ordinal);
    }

    [Fact]
    public void For_AttentionPattern_IsRefused() => Refused(new TinySaeShape { Hook = "blocks.1.attn.hook_pattern" });

    [Theory]
    [InlineData("blocks.1.attn.hook_z", 24)]
    [InlineData("blocks.1.attn.hook_q", 24)]
    [InlineData("blocks.1.attn.hook_k", 12)]
    [InlineData("blocks.1.attn.hook_v", 12)]
    [InlineData("blocks.1.attn.hook_rot_q", 24)]
    [InlineData("blocks.1.attn.hook_result", 80)]
    public void For_HeadsThatAreNotFlattened_AreRefused(string hook, int dIn)
    {
        Assert.Contains("reshape_activations", Refused(new TinySaeShape { Hook = hook, DIn = dIn }), StringComparison.Ordinal);
        using var flattened = new TinySae(new TinySaeShape { Hook = hook, DIn = dIn, Reshape = "hook_z" });
        flattened.Load().For(_model);
    }

    [Fact]
    public void For_Fitting_GivesTheSaeBack()
    {
        using var tinySae = new TinySae();
        var sae = tinySae.Load();
        Assert.Same(sae, sae.For(_model));
    }

    [Fact]
    public void Warnings_OtherModel_NamesBoth()
    {
        using var tinySae = new TinySae(new TinySaeShape { ModelName = "google/gemma-2-2b-it" });
        var warning = Assert.Single(tinySae.Load().Warnings(_model));
        Assert.Contains("google/gemma-2-2b-it", warning, StringComparison.Ordinal);
        Assert.Contains(_model.Name, warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Warnings_SameModelWithOwner_AreNone()
    {
        using var tinySae = new TinySae(new TinySaeShape { ModelName = "someone/" + _model.Name.ToUpperInvariant() });
        Assert.Empty(tinySae.Load().Warnings(_model));
    }

    [Fact]
    public void Warnings_TrainedWithoutBos_SaysSo()
    {
        using var tinySae = new TinySae(new TinySaeShape { PrependBos = false });
        Assert.Contains("beginning-of-sequence", Assert.Single(tinySae.Load().Warnings(_model)), StringComparison.Ordinal);
    }

    [Fact]
    public void Warnings_NormalizationNotFolded_SaysSo()
    {
        using var tinySae = new TinySae(new TinySaeShape { Normalize = "expected_average_only_in" });
        Assert.Contains("expected_average_only_in", Assert.Single(tinySae.Load().Warnings(_model)), StringComparison.Ordinal);
    }

    private string Refused(TinySaeShape shape)
    {
        using var tinySae = new TinySae(shape);
        var sae = tinySae.Load();
        var message = Assert.Throws<SaeException>(() => sae.For(_model)).Message;
        Assert.Contains(_model.Name, message, StringComparison.Ordinal);
        Assert.Equal(message, Assert.Throws<SaeException>(() => _model.Run(_tiny.Prompt(3, 1), splice: [sae.Splice()])).Message);
        return message;
    }
}
