using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>
/// An evaluation as JSON: <c>metrics</c> and <c>feature_metrics</c> are grouped and named as SAELens's evals write them, so that what
/// reads those reads these. What is not a number (0/0) is null where SAELens writes −1.
/// </summary>
internal static class SaeEvaluationJson
{
    public static string Write(SaeEvaluationResult result)
    {
        var (m, p) = (result.Metrics, result.Provenance);
        return JsonSerializer.Serialize(
            new EvaluationDocument
            {
                UniqueId = $"{p.Sae}-{p.Hook}",
                Model = p.Model,
                ModelHash = p.ModelHash,
                ModelFlags = p.ModelFlags,
                Sae = p.Sae,
                SaeHash = p.SaeHash,
                Hook = p.Hook,
                Text = result.Text,
                Bos = p.BosPolicy,
                Version = p.Version,
                Warnings = p.Warnings,
                Fit = p.Check is { } check ? new FitDocument(check.Headline, check.Reasons) : null,
                EvalCfg = new(result.Options.BatchRows, result.Options.ContextLength, result.Options.MaxRows, result.Options.ExcludedTokens, result.Options.ExcludeSpecialTokens, result.Options.ActivationScale),
                Metrics = new Dictionary<string, IReadOnlyDictionary<string, double?>>(StringComparer.Ordinal)
                {
                    ["model_behavior_preservation"] = Group(("kl_div_score", m.KlDivScore), ("kl_div_with_ablation", m.KlDivWithAblation), ("kl_div_with_sae", m.KlDivWithSae)),
                    ["model_performance_preservation"] = Group(
                        ("ce_loss_score", m.CeLossScore), ("ce_loss_with_ablation", m.CeLossWithAblation), ("ce_loss_with_sae", m.CeLossWithSae), ("ce_loss_without_sae", m.CeLossWithoutSae)),
                    ["reconstruction_quality"] = Group(
                        ("explained_variance", m.ExplainedVariance), ("explained_variance_legacy", m.ExplainedVarianceLegacy), ("mse", m.Mse), ("cossim", m.CosineSimilarity)),
                    ["shrinkage"] = Group(
                        ("l2_norm_in", m.L2NormIn), ("l2_norm_out", m.L2NormOut), ("l2_ratio", m.L2Ratio), ("relative_reconstruction_bias", m.RelativeReconstructionBias)),
                    ["sparsity"] = Group(("l0", m.L0), ("l1", m.L1)),
                    ["token_stats"] = Group(("total_tokens_eval_reconstruction", m.Tokens), ("total_tokens_eval_sparsity_variance", m.Tokens), ("counted_tokens", m.CountedTokens), ("rows", m.Rows)),
                },
                FeatureMetrics = Features(m.Features),
                DeadFeatures = m.Features.Dead,
                DenseFeatures = m.Features.Dense,
            },
            EvaluationJson.Relaxed.EvaluationDocument);
    }

    private static Dictionary<string, IReadOnlyList<double?>> Features(SaeFeatureMetrics f)
    {
        var features = new Dictionary<string, IReadOnlyList<double?>>(StringComparer.Ordinal)
        {
            ["feature_density"] = [.. f.Density.Select(Number)],
            ["consistent_activation_heuristic"] = f.ConsistentActivation,
        };
        if (f.Weights is not { } w)
            return features;
        features["encoder_norm"] = [.. w.EncoderNorm.Select(Number)];
        features["encoder_decoder_cosine_sim"] = [.. w.EncoderDecoderCosine.Select(Number)];
        if (w.EncoderBias is { } bias)
            features["encoder_bias"] = [.. bias.Select(Number)];
        return features;
    }

    private static Dictionary<string, double?> Group(params (string Name, double Value)[] values) =>
        values.ToDictionary(v => v.Name, v => Number(v.Value), StringComparer.Ordinal);

    private static double? Number(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>The document.</summary>
internal sealed record EvaluationDocument
{
    public required string UniqueId { get; init; }

    public required string Model { get; init; }

    public required string ModelHash { get; init; }

    public required IReadOnlyDictionary<string, string> ModelFlags { get; init; }

    public required string? Sae { get; init; }

    public required string? SaeHash { get; init; }

    public required string? Hook { get; init; }

    public required string Text { get; init; }

    public required string Bos { get; init; }

    public required string Version { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required FitDocument? Fit { get; init; }

    public required EvaluationChoices EvalCfg { get; init; }

    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, double?>> Metrics { get; init; }

    public required IReadOnlyDictionary<string, IReadOnlyList<double?>> FeatureMetrics { get; init; }

    public required IReadOnlyList<int> DeadFeatures { get; init; }

    public required IReadOnlyList<int> DenseFeatures { get; init; }
}

/// <summary>Whether the SAE fits the model.</summary>
internal sealed record FitDocument(string Verdict, IReadOnlyList<string> Reasons);

/// <summary>The choices, under names like SAELens's.</summary>
internal sealed record EvaluationChoices(int BatchSizePrompts, int? ContextSize, int? MaxRows, IReadOnlyList<int> ExcludedTokens, bool ExcludeSpecialTokens, double ActivationScale);

/// <summary>Writes <see cref="EvaluationDocument"/>.</summary>
[JsonSerializable(typeof(EvaluationDocument))]
internal sealed partial class EvaluationJson : JsonSerializerContext
{
    public static EvaluationJson Relaxed { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = false,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
