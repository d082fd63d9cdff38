using System.Text.Json;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Evaluations against SAELens's <c>run_evals</c>.</summary>
public class SaeEvaluationGoldenTests
{
    public static TheoryData<string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string>();
        foreach (var model in new[] { "gpt2", "gemma2" })
        {
            foreach (var processing in new[] { "none", "default" })
            {
                foreach (var sae in new[] { "jump2", "resid1", "z1" })
                    cases.Add(model, processing, sae);
            }
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Run_AllTokens_EqualsSaeLens(string model, string processing, string sae) => Compare(model, processing, sae, "all_tokens", new SaeEvaluationOptions());

    [Theory, MemberData(nameof(Cases))]
    public void Run_TokenExcluded_EqualsSaeLens(string model, string processing, string sae) =>
        Compare(model, processing, sae, "excluding_token_0", new SaeEvaluationOptions { ExcludedTokens = [0] });

    [Theory, MemberData(nameof(Cases))]
    public void Run_ActivationsScaled_EqualsSaeLens(string model, string processing, string sae) =>
        Compare(model, processing, sae, "scaling_factor", new SaeEvaluationOptions { ActivationScale = 0.8 });

    private static void Compare(string modelName, string processing, string saeName, string block, SaeEvaluationOptions options)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var home = Path.Combine(Repository.Shared!, "goldens", "saes", "on_model", modelName);
        var golden = new Golden(Path.Combine(home, processing, "evals_" + saeName));
        var model = Transformer.Load(Path.Combine(home, "hf"), new LoadOptions { Processing = processing == "none" ? WeightProcessing.None : WeightProcessing.Standard });
        var sae = SparseAutoencoder.Load(Path.Combine(home, "saes", saeName));
        var found = SaeEvaluator.Run(model, sae, golden.Tokens("tokens"), options with { BatchRows = golden.Json.GetProperty("batch_size_prompts").GetInt32() });

        var wanted = golden.Json.GetProperty("metrics").GetProperty(block);
        var kl = wanted.GetProperty("model_behavior_preservation");
        Close(kl, "kl_div_score", found.KlDivScore);
        Close(kl, "kl_div_with_ablation", found.KlDivWithAblation);
        Close(kl, "kl_div_with_sae", found.KlDivWithSae, 1e-4);
        var ce = wanted.GetProperty("model_performance_preservation");
        Close(ce, "ce_loss_score", found.CeLossScore);
        Close(ce, "ce_loss_with_ablation", found.CeLossWithAblation);
        Close(ce, "ce_loss_with_sae", found.CeLossWithSae);
        Close(ce, "ce_loss_without_sae", found.CeLossWithoutSae);
        var quality = wanted.GetProperty("reconstruction_quality");
        Close(quality, "explained_variance", found.ExplainedVariance);
        Close(quality, "explained_variance_legacy", found.ExplainedVarianceLegacy);
        Close(quality, "mse", found.Mse);
        Close(quality, "cossim", found.CosineSimilarity);
        var shrinkage = wanted.GetProperty("shrinkage");
        Close(shrinkage, "l2_norm_in", found.L2NormIn);
        Close(shrinkage, "l2_norm_out", found.L2NormOut);
        Close(shrinkage, "l2_ratio", found.L2Ratio);
        Close(shrinkage, "relative_reconstruction_bias", found.RelativeReconstructionBias);
        var sparsity = wanted.GetProperty("sparsity");
        Close(sparsity, "l0", found.L0, 1e-6);
        Close(sparsity, "l1", found.L1);
        Assert.Equal(wanted.GetProperty("token_stats").GetProperty("total_tokens_eval_reconstruction").GetInt64(), found.Tokens);

        Golden.AssertClose("density", golden[block + ".feature_density"], AsTensor(found.Features.Density), 1e-6);
        Golden.AssertClose("consistent", golden[block + ".consistent_activation_heuristic"], AsTensor(found.Features.ConsistentActivation.Select(c => c ?? -1)), 1e-6);
        if (block != "all_tokens")
            return;
        Golden.AssertClose("encoder norm", golden["all_tokens.encoder_norm"], AsTensor(found.Features.Weights!.EncoderNorm), 1e-6);
        Golden.AssertClose("encoder bias", golden["all_tokens.encoder_bias"], AsTensor(found.Features.Weights.EncoderBias!), 1e-6);
        Golden.AssertClose("cosine", golden["all_tokens.encoder_decoder_cosine_sim"], AsTensor(found.Features.Weights.EncoderDecoderCosine), 1e-6);
    }

    private static void Close(JsonElement block, string name, double found, double tolerance = 2e-5)
    {
        var wanted = block.GetProperty(name).GetDouble();
        Assert.True(Math.Abs(wanted - found) <= tolerance * Math.Abs(wanted), $"{name} is {found}, wanted {wanted}");
    }

    private static Tensor AsTensor(IEnumerable<double> values)
    {
        var floats = values.Select(v => (float)v).ToArray();
        return new Tensor(floats, floats.Length);
    }
}
