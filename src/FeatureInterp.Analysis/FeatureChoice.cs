using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>Checks features that were asked for by number.</summary>
internal static class FeatureChoice
{
    /// <summary>The features as they were given.</summary>
    /// <exception cref="AnalysisException">There is none, one is given twice, or the SAE has no such feature.</exception>
    public static int[] Check(IReadOnlyList<int> features, SparseAutoencoder sae)
    {
        if (features.Count == 0)
            throw new AnalysisException("No feature was chosen; give at least one, or leave the choice out.");
        var seen = new HashSet<int>();
        foreach (var f in features)
        {
            if ((uint)f >= (uint)sae.Config.DSae)
                throw new AnalysisException($"There is no feature {f}; {sae.Name} has features 0 to {sae.Config.DSae - 1}.");
            if (!seen.Add(f))
                throw new AnalysisException($"Feature {f} was chosen twice; name each once.");
        }

        return [.. features];
    }
}
