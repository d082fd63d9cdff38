using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>What an SAE's own files say of how it does.</summary>
internal static class KnownFigures
{
    /// <summary>
    /// L0 and explained variance as published; where L0 is not, from SAELens's <c>sparsity.safetensors</c> beside the weights, which
    /// holds log10 of how often each feature fires: L0 = Σ 10^s.
    /// </summary>
    public static SaeExpectation? Of(SparseAutoencoder sae)
    {
        var origin = sae.Config.Origin;
        if (origin.L0 is not null || origin.VarianceExplained is not null)
            return new SaeExpectation(origin.L0, origin.VarianceExplained, "as published");
        return FromSparsity(sae) is { } l0 ? new SaeExpectation(l0, null, "sparsity.safetensors") : null;
    }

    private static double? FromSparsity(SparseAutoencoder sae)
    {
        var path = Path.Combine(sae.Folder, "sparsity.safetensors");
        if (!File.Exists(path))
            return null;
        try
        {
            if (!SafetensorsFile.Open(path).Weights.TryGetValue("sparsity", out var sparsity) || sparsity.Count != sae.Config.DSae)
                return null;
            double sum = 0;
            foreach (var s in sparsity.ToTensor().Span)
                sum += Math.Pow(10, s);
            return sum > 0 && sum <= sae.Config.DSae ? sum : null;
        }
        catch (WeightFileException)
        {
            // It is only a hint; what cannot be read gives none.
            return null;
        }
    }
}
