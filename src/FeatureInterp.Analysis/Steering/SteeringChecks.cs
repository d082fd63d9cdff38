using System.Globalization;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>What a steering sweep refuses.</summary>
internal static class SteeringChecks
{
    public static void Features(SparseAutoencoder sae, IReadOnlyList<int> features)
    {
        if (features.Count == 0)
            throw new AnalysisException("There is no feature to look at; give at least one.");
        foreach (var f in features.Where(f => (uint)f >= (uint)sae.Config.DSae))
            throw new AnalysisException($"There is no feature {f}; {sae.Name} has features 0 to {sae.Config.DSae - 1}.");
    }

    public static void Strengths(IReadOnlyList<double> strengths)
    {
        if (strengths.Count == 0)
            throw new AnalysisException("There is no strength; give at least one, such as -2, -1, 1, 2.");
        foreach (var s in strengths.Where(s => !double.IsFinite(s)))
            throw new AnalysisException(string.Create(CultureInfo.InvariantCulture, $"A strength is {s}; give finite numbers."));
    }

    public static void Room(Transformer model, int prompt, int tokens)
    {
        if (tokens >= model.Config.ContextLength)
            throw new AnalysisException($"Prompt {prompt} has {tokens} tokens and fills the context of {model.Name} ({model.Config.ContextLength}), so there is no room for a text; shorten it.");
    }

    public static double Maximum(IReadOnlyDictionary<int, double> maxima, int feature, bool ownPrompts)
    {
        if (!maxima.TryGetValue(feature, out var max))
            throw new AnalysisException($"MaxActivations says nothing of feature {feature}; add it, or leave the option out to measure it on the prompts.");
        if (!double.IsFinite(max) || max < 0)
            throw new AnalysisException(string.Create(CultureInfo.InvariantCulture, $"MaxActivations has {max} for feature {feature}; give a finite number above 0."));
        return max > 0 ? max : throw new AnalysisException(
            $"Feature {feature} never fired on {(ownPrompts ? "the prompts" : "the corpus its maximum was taken from")}: its largest activation is 0, and any strength of that is nothing. "
            + (ownPrompts ? "Give MaxActivations from a larger corpus" : "Give another maximum") + ", or steer in units of the decoder's norm (Unit = SteeringUnit.DecoderNorm).");
    }
}
