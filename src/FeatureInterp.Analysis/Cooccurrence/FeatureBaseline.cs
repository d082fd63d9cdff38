using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>Features drawn at random, to compare chosen ones with.</summary>
public static class FeatureBaseline
{
    /// <summary>Draws features of an SAE, each at most once, with equal chances. The same seed gives the same features.</summary>
    /// <param name="sae">The SAE.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="firing">A pass over a corpus: only features that fired in it are drawn. Null to draw from all, dead ones too.</param>
    /// <param name="except">Features not to draw, such as those to compare with; null for none.</param>
    /// <returns>The features, in the order they were drawn.</returns>
    /// <exception cref="AnalysisException">There are not so many to draw from, or the pass is of another SAE.</exception>
    public static int[] RandomFeatures(this SparseAutoencoder sae, int count, int seed, TopActivationsResult? firing = null, IReadOnlyCollection<int>? except = null)
    {
        if (firing is not null && firing.Provenance.SaeHash != sae.WeightsHash)
            throw new AnalysisException($"The pass is of {firing.Provenance.Sae}, not of {sae.Name}; make one with this SAE.");
        HashSet<int> left = [.. except ?? []];
        int[] from = [.. (firing?.Features.Where(f => f.Fired > 0).Select(f => f.Feature) ?? Enumerable.Range(0, sae.Config.DSae)).Where(f => !left.Contains(f))];
        if (count < 1 || count > from.Length)
            throw new AnalysisException($"{count} features cannot be drawn: there are {from.Length} {(firing is null ? "to draw from" : "that fired")}; give 1 to {from.Length}.");
        // The first steps of a shuffle.
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var j = random.Next(i, from.Length);
            (from[i], from[j]) = (from[j], from[i]);
        }

        return from[..count];
    }
}
