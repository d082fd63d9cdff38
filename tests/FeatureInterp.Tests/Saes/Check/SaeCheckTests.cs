using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The fit check on the embedded pair, right and wrong in every way it is to catch.</summary>
public class SaeCheckTests
{
    private static Transformer Model => EmbeddedPair.Model;

    [Fact]
    public void CheckAgainst_EmbeddedPair_Fits()
    {
        var check = EmbeddedPair.Sae.CheckAgainst(Model);
        Assert.Equal((SaeVerdict.Fits, SaeMisfit.None), (check.Verdict, check.Cause));
        Assert.Empty(check.Reasons);
        Assert.InRange(check.Measured!.ExplainedVariance, 0.8, 0.95);
        Assert.InRange(check.Measured.CeLossScore!.Value, 0.95, 1.01);
        // The SAE's own sparsity file says what its README says: 24 features a token.
        Assert.InRange(check.Expected!.L0!.Value, 23.5, 24.5);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(4), InlineData(5)]
    public void CheckAgainst_OtherLayer_NamesTheRightOne(int layer)
    {
        using var wrong = new WrongPair().Configured("blocks.3.", $"blocks.{layer}.");
        var check = DoesNotFit(wrong.Load().CheckAgainst(Model), SaeMisfit.WrongLayer);
        Assert.Contains("blocks.3.hook_resid_post", check.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void CheckAgainst_LayerThatIsNotThere_IsAWrongLayer()
    {
        using var wrong = new WrongPair().Configured("blocks.3.", "blocks.11.");
        DoesNotFit(wrong.Load().CheckAgainst(Model), SaeMisfit.WrongLayer);
    }

    [Fact]
    public void CheckAgainst_OtherWeightsInTheSameShape_IsAnotherModel()
    {
        using var other = new OtherModel(seed: 5);
        var check = DoesNotFit(EmbeddedPair.Sae.CheckAgainst(other.Load()), SaeMisfit.OtherModel);
        Assert.Contains("talegrid-6m", check.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void CheckAgainst_OtherWidth_IsAnotherModel()
    {
        using var tiny = new TinyModel();
        DoesNotFit(EmbeddedPair.Sae.CheckAgainst(tiny.Load()), SaeMisfit.OtherModel);
    }

    [Fact]
    public void CheckAgainst_TextsWithoutBos_MissesIt()
    {
        DoesNotFit(EmbeddedPair.Sae.CheckAgainst(Model, new SaeCheckOptions { PrependBos = false }), SaeMisfit.MissingBos);
        var tokens = EmbeddedPair.Golden.Tokens("corpus/tokens").Take(6).Select(row => row.Where(t => t != Model.Tokenizer!.BosId).Take(60).ToArray()).ToArray();
        DoesNotFit(EmbeddedPair.Sae.CheckAgainst(Model, new SaeCheckOptions { Tokens = tokens }), SaeMisfit.MissingBos);
    }

    [Theory, InlineData(0.3f), InlineData(0.8f), InlineData(1.5f), InlineData(3.3f), InlineData(16f)]
    public void CheckAgainst_TrainedOnActivationsOfAnotherSize_IsScaling(float size)
    {
        // The same SAE for activations times 'size': what a training that normalised, unfolded, leaves behind.
        using var wrong = new WrongPair().Scaled("W_enc", 1 / size).Scaled("b_dec", size).Scaled("W_dec", size);
        var check = DoesNotFit(wrong.Load().CheckAgainst(Model), SaeMisfit.Scaling);
        var best = check.Tried.MaxBy(t => t.Alternative)!;
        Assert.InRange(best.Alternative, 0.8, 0.95);
    }

    [Theory, InlineData("constant_norm_rescale"), InlineData("layer_norm")]
    public void CheckAgainst_NormalisationThatWasNotTrained_IsScaling(string normalization)
    {
        using var wrong = new WrongPair().Configured("\"normalize_activations\": \"none\"", $"\"normalize_activations\": \"{normalization}\"");
        var check = DoesNotFit(wrong.Load().CheckAgainst(Model), SaeMisfit.Scaling);
        Assert.Contains("normalisation 'None'", check.Reasons[0], StringComparison.Ordinal);
    }

    [Theory, InlineData(0f), InlineData(10f)]
    public void CheckAgainst_ThresholdsOnAnotherScale_IsScaling(float factor)
    {
        using var wrong = new WrongPair().Scaled("threshold", factor);
        DoesNotFit(wrong.Load().CheckAgainst(Model), SaeMisfit.Scaling);
    }

    // It even explains more than it should, so only the number of features and the unused thresholds can tell.
    [Theory, InlineData(true, true), InlineData(true, false), InlineData(false, true)]
    public void CheckAgainst_JumpReLUReadAsReLU_IsWrongActivation(bool thresholdsThere, bool sparsityThere)
    {
        using var wrong = new WrongPair().Configured("\"jumprelu\"", "\"standard\"");
        if (!thresholdsThere)
            wrong.WithoutArray("threshold");
        if (!sparsityThere)
            wrong.Without("sparsity.safetensors");
        DoesNotFit(wrong.Load().CheckAgainst(Model), SaeMisfit.WrongActivation);
    }

    // Raising every pre-activation changes no ranking: with a k the SAE still explains most, as ReLU it drowns.
    [Fact]
    public void CheckAgainst_TopKReadAsReLU_IsWrongActivation()
    {
        using var wrong = new WrongPair().Configured("\"jumprelu\"", "\"standard\"").Without("sparsity.safetensors").WithoutArray("threshold").Changed("b_enc", b => b + 2);
        var sae = wrong.Load();
        DoesNotFit(sae.CheckAgainst(Model), SaeMisfit.WrongActivation);
    }

    [Fact]
    public void CheckAgainst_WeightsNotFinite_SaysSo()
    {
        using var wrong = new WrongPair().Changed("b_dec", _ => float.NaN);
        DoesNotFit(wrong.Load().CheckAgainst(Model), SaeMisfit.DamagedWeights);
    }

    [Fact]
    public void CheckAgainst_ModelWithoutTokenizer_IsNotChecked()
    {
        using var tiny = new TinyModel();
        using var sae = new TinySae();
        var check = sae.Load().CheckAgainst(tiny.Load());
        Assert.Equal(SaeVerdict.NotChecked, check.Verdict);
        Assert.Contains("no tokenizer", Assert.Single(check.Reasons), StringComparison.Ordinal);
    }

    internal static SaeCheckResult DoesNotFit(SaeCheckResult check, SaeMisfit cause)
    {
        Assert.True((check.Verdict, check.Cause) == (SaeVerdict.DoesNotFit, cause), $"wanted {cause}, found {check}\n{string.Join('\n', check.Tried.Select(t => $"{t.Cause} {t.What}: {t.Present:F3} -> {t.Alternative:F3}"))}");
        Assert.NotEmpty(check.Reasons);
        return check;
    }
}
