using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>
/// What attributions promise against what happens: each of the features with the largest attributions is set to zero at every position, and the metric really
/// lost, metric − metric without the feature, stands beside its attribution. The runs share what is below the SAE (<see cref="Sweep"/>).
/// </summary>
public static class AttributionCheck
{
    private const int LinesTogether = 16;

    /// <summary>Ablates the top features one by one.</summary>
    /// <param name="model">The model that was attributed.</param>
    /// <param name="sae">The SAE that was attributed to.</param>
    /// <param name="result">The attribution, to this SAE alone and without a baseline of its own.</param>
    /// <param name="top">How many features, by the magnitude of their attribution; at least 1.</param>
    /// <param name="cancellation">Looked at before each block.</param>
    /// <exception cref="AnalysisException">The result is of another SAE, of several, or of a given baseline; or a number below 1.</exception>
    public static EffectPrediction Run(Transformer model, SparseAutoencoder sae, AttributionResult result, int top = 20, CancellationToken cancellation = default)
    {
        if (top < 1)
            throw new AnalysisException($"{top} features are to be ablated; give 1 or more.");
        if (result.Saes.Count != 1)
            throw new AnalysisException($"The attribution is to {result.Saes.Count} SAEs at once, and ablating a feature of one changes the others' too; attribute to one to check it.");
        if (result.Options.Baseline is not null)
            throw new AnalysisException("The attribution begins at a given baseline, but ablation sets features to zero; leave the baseline out to check it.");
        var attribution = result.Saes[0];
        if (attribution.Provenance.SaeHash != sae.WeightsHash || attribution.Provenance.ModelHash != model.WeightsHash)
            throw new AnalysisException($"The attribution is to {attribution.Sae} in {attribution.Provenance.Model}, but {sae.Name} and {model.Name} were given; give the same pair.");
        FeatureTotal[] features = [.. attribution.Features.Take(top)];
        Branch[] branches = [.. features.Select(f => sae.Intervene(Intervention.Zero(f.Feature) with { ErrorTerm = result.Options.ErrorTerm }))];
        int[] tokens = [.. result.Tokens];
        var sweep = new Sweep(model, tokens);
        var effects = new List<PredictedEffect>();
        for (var first = 0; first < branches.Length; first += LinesTogether)
        {
            var part = branches[first..Math.Min(branches.Length, first + LinesTogether)];
            foreach (var run in sweep.Run(part, logits: result.Metric.Reads, cancellation: cancellation))
            {
                var f = features[effects.Count];
                effects.Add(new PredictedEffect($"feature {f.Feature}", f.Attribution, result.Value - AttributionMetrics.Value(result.Metric, run.Logits[0], tokens, 0)));
            }
        }

        return new EffectPrediction
        {
            Title = "Attribution against ablation",
            Metric = result.Metric.Name,
            Effects = effects,
            Provenance = attribution.Provenance,
        };
    }
}
