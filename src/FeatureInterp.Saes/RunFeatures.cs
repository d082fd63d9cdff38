using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>What an SAE's features were in a run.</summary>
public static class RunFeatures
{
    /// <summary>
    /// The features of each prompt's tokens in a run that had the SAE spliced in and kept <see cref="SparseAutoencoder.FeaturesHook"/>, as
    /// edits left them. Features that are kept and not edited are never written out as [token, d_sae].
    /// </summary>
    /// <param name="run">The run: <c>model.Run(prompt, splice: [sae.Splice()], capture: sae.FeaturesHook)</c>.</param>
    /// <param name="sae">The SAE.</param>
    /// <returns>A list a prompt.</returns>
    /// <exception cref="HookException">The run did not keep them; the message says how to.</exception>
    public static IReadOnlyList<SparseFeatures> Features(this RunResult run, SparseAutoencoder sae)
    {
        var kept = run.Activations[sae.FeaturesHook];
        return kept.Values is FeatureValues features
            ? features.Prompts
            : [.. Enumerable.Range(0, kept.Count).Select(p => SparseFeatures.Of(kept[p]))];
    }
}
