using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>
/// The fit check on small random models with SAEs fitted to them; they have no tokenizer, so it is given token ids. Their decoders
/// are whole orthogonal frames, which explain the activations of any model of their width: another model cannot be shown here, nor
/// can a missing BOS, on which nothing in them depends, nor thresholds that are left away, without which half of their features fire
/// instead of a third.
/// </summary>
public class SaeCheckGoldenTests
{
    private static string Home => Path.Combine(Repository.Shared!, "goldens", "saes", "on_model");

    [Theory]
    [InlineData("gpt2", "jump2"), InlineData("gpt2", "resid1"), InlineData("gpt2", "z1")]
    [InlineData("gemma2", "jump2"), InlineData("gemma2", "resid1"), InlineData("gemma2", "z1")]
    public void CheckAgainst_RightPair_Fits(string model, string sae)
    {
        var check = Check(model, sae, Sae(model, sae));
        Assert.True(check.Verdict == SaeVerdict.Fits, check + "\n" + string.Join('\n', check.Tried));
    }

    // GPT-2's residual stream loses its mean when writing weights are centred. Gemma-2's is not touched by any processing.
    [Fact]
    public void CheckAgainst_ProcessedWeights_SaysSo()
    {
        var check = SaeCheckTests.DoesNotFit(Check("gpt2", "jump2", Sae("gpt2", "jump2"), WeightProcessing.Standard), SaeMisfit.ProcessedWeights);
        Assert.Contains("'none'", check.Reasons[0], StringComparison.Ordinal);
        Assert.Equal(SaeVerdict.Fits, Check("gemma2", "jump2", Sae("gemma2", "jump2"), WeightProcessing.Standard).Verdict);
    }

    [Fact]
    public void CheckAgainst_OtherLayer_NamesTheRightOne()
    {
        using var wrong = Wrong("gpt2", "jump2").Configured("blocks.2.", "blocks.1.");
        Assert.Contains("blocks.2.hook_resid_pre", SaeCheckTests.DoesNotFit(Check("gpt2", "jump2", wrong.Load()), SaeMisfit.WrongLayer).Reasons[0], StringComparison.Ordinal);
    }

    [Theory, InlineData("gpt2"), InlineData("gemma2")]
    public void CheckAgainst_ActivationsOfAnotherSize_IsScaling(string model)
    {
        using var wrong = Wrong(model, "jump2").Scaled("W_enc", 0.2f).Scaled("b_dec", 5).Scaled("W_dec", 5);
        SaeCheckTests.DoesNotFit(Check(model, "jump2", wrong.Load()), SaeMisfit.Scaling);
    }

    private static SparseAutoencoder Sae(string model, string sae)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        return SparseAutoencoder.Load(Path.Combine(Home, model, "saes", sae));
    }

    private static WrongPair Wrong(string model, string sae)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        return new WrongPair(Path.Combine(Home, model, "saes", sae));
    }

    private static SaeCheckResult Check(string model, string goldenSae, SparseAutoencoder sae, WeightProcessing? processing = null)
    {
        var tokens = new Golden(Path.Combine(Home, model, "none", "evals_" + goldenSae)).Tokens("tokens");
        return sae.CheckAgainst(Transformer.Load(Path.Combine(Home, model, "hf"), new LoadOptions { Processing = processing ?? WeightProcessing.None }), new SaeCheckOptions { Tokens = tokens });
    }
}
