using System.Text.Json;
using FeatureInterp.Models;
using FeatureInterp.Saes;

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
        using var other = OtherModel.Drawn(seed: 5);
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

    // It even explains more than it should, so only the number of features can tell.
    [Fact]
    public void CheckAgainst_JumpReLUReadAsReLU_IsWrongActivation()
    {
        using var wrong = new WrongPair().Configured("\"jumprelu\"", "\"standard\"").WithoutArray("threshold");
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

    // Nothing in a Gemma-2's processing touches its residual stream, so there the embedded SAE fits all the same.
    [Fact]
    public void CheckAgainst_ProcessingThatDoesNotTouchTheHook_Fits() =>
        Assert.Equal(SaeVerdict.Fits, EmbeddedPair.Sae.CheckAgainst(Model.WithProcessing(WeightProcessing.Standard)).Verdict);

    // What an MLP reads is without its norm's gain once that is folded into the weights. The embedded model's gains are nearly even, so
    // they are made uneven, and an SAE is made for them by formula.
    [Theory, InlineData(false), InlineData(true)]
    public void CheckAgainst_ProcessedWeights_SaysSo(bool trainedOnProcessed)
    {
        using var uneven = OtherModel.WithUnevenGains(layer: 3, seed: 4);
        var published = uneven.Load();
        var processed = published.WithProcessing(WeightProcessing.Standard);
        var (right, wrong) = trainedOnProcessed ? (processed, published) : (published, processed);
        using var pair = PrincipalSae.Of(right, "blocks.3.mlp.hook_in", Texts(), directions: 80);
        var sae = pair.Load();
        var fits = sae.CheckAgainst(right);
        Assert.True(fits.Verdict == SaeVerdict.Fits, fits.ToString());
        Assert.Contains(trainedOnProcessed ? "'fold_ln" : "'none'", DoesNotFit(sae.CheckAgainst(wrong), SaeMisfit.ProcessedWeights).Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void CheckAgainst_ReconstructionNotFinite_SaysSo()
    {
        using var wrong = new WrongPair().Changed("W_dec", _ => 3e38f);
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

    [Theory]
    [InlineData(60, null, SaeVerdict.Fits, "")]
    [InlineData(100, null, SaeVerdict.Doubtful, "where 100.0 are known (a card)")]
    [InlineData(400, null, SaeVerdict.DoesNotFit, "where 400.0 are known (a card)")]
    [InlineData(10, null, SaeVerdict.Doubtful, "where 10.0 are known (a card)")]
    [InlineData(null, 0.95, SaeVerdict.Fits, "")]
    [InlineData(null, 1.2, SaeVerdict.Doubtful, "where 1.200 is known (a card)")]
    [InlineData(null, 2.0, SaeVerdict.DoesNotFit, "where 2.000 is known (a card)")]
    public void CheckAgainst_OtherNumbersKnown_ComparesWithThem(int? l0, double? explained, SaeVerdict verdict, string says)
    {
        var check = EmbeddedPair.Sae.CheckAgainst(Model, new SaeCheckOptions { Expected = new SaeExpectation(l0, explained, "a card"), MeasureLoss = false });
        Assert.Equal(verdict, check.Verdict);
        Assert.Contains(says, check.ToString(), StringComparison.Ordinal);
        Assert.Null(check.Measured!.CeLossScore);
    }

    [Theory, InlineData("talegrid-9b", SaeMisfit.OtherModel), InlineData("someone/Talegrid-6M", SaeMisfit.None)]
    public void CheckAgainst_DoubtfulUnderAnotherName_BlamesTheModel(string name, SaeMisfit cause)
    {
        using var renamed = new WrongPair().Configured("\"model_name\": \"talegrid-6m\"", $"\"model_name\": \"{name}\"");
        var check = renamed.Load().CheckAgainst(Model, new SaeCheckOptions { Expected = new SaeExpectation(null, 1.2, "a card") });
        Assert.Equal((SaeVerdict.Doubtful, cause), (check.Verdict, check.Cause));
    }

    [Fact]
    public void CheckAgainst_TextsTooShort_IsNotChecked() =>
        Assert.Equal(SaeVerdict.NotChecked, EmbeddedPair.Sae.CheckAgainst(Model, new SaeCheckOptions { Tokens = [[2, 9, 10]] }).Verdict);

    [Fact]
    public void CheckAgainst_Cancelled_Stops() =>
        Assert.Throws<OperationCanceledException>(() => EmbeddedPair.Sae.CheckAgainst(Model, cancellation: new CancellationToken(canceled: true)));

    [Fact]
    public void Once_AskedTwice_ChecksOnce()
    {
        using var pair = new WrongPair();
        var sae = pair.Load();
        var first = SaeCheck.Once(sae, Model);
        Assert.Same(first, SaeCheck.Once(sae, Model, prependBos: true));
        Assert.NotSame(first, SaeCheck.Once(sae, Model, prependBos: false));
        Assert.NotSame(first, SaeCheck.Once(sae, Transformer.Load(Model.Folder)));
        Assert.Equal((SaeVerdict.Fits, SaeMisfit.MissingBos), (first.Verdict, SaeCheck.Once(sae, Model, prependBos: false).Cause));
    }

    [Fact]
    public void Once_Skipped_IsNotChecked()
    {
        using var pair = new WrongPair();
        var sae = pair.Load();
        SaeCheck.Skip(sae, Model);
        Assert.Equal((SaeVerdict.NotChecked, (SaeFitNumbers?)null), (SaeCheck.Once(sae, Model).Verdict, SaeCheck.Once(sae, Model).Measured));
        Assert.Equal(SaeVerdict.Fits, SaeCheck.Once(sae, Transformer.Load(Model.Folder)).Verdict);
    }

    [Fact]
    public void ToString_SaysVerdictNumbersAndReasons()
    {
        using var wrong = new WrongPair().Configured("blocks.3.", "blocks.2.");
        var text = wrong.Load().CheckAgainst(Model).ToString();
        Assert.StartsWith("does not fit: wrong layer (explained variance 0.7", text, StringComparison.Ordinal);
        Assert.Contains("(expected 24.0)", text, StringComparison.Ordinal);
        Assert.Contains("\nIt explains more at blocks.3.hook_resid_post: 0.", text, StringComparison.Ordinal);
    }

    // The check's own texts, as the model runs them.
    private static int[][] Texts() =>
    [
        .. JsonDocument.Parse(File.ReadAllText(Repository.Data("prompts", "fit-check.json"))).RootElement.GetProperty("texts").EnumerateArray()
            .Select(t => Model.Tokenizer!.ToTokens(t.GetProperty("text").GetString()!)),
    ];

    internal static SaeCheckResult DoesNotFit(SaeCheckResult check, SaeMisfit cause)
    {
        Assert.True((check.Verdict, check.Cause) == (SaeVerdict.DoesNotFit, cause), $"wanted {cause}, found {check}\n{string.Join('\n', check.Tried.Select(t => $"{t.Cause} {t.What}: {t.Present:F3} -> {t.Alternative:F3}"))}");
        Assert.NotEmpty(check.Reasons);
        return check;
    }
}
