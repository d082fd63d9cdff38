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

    /// <summary>Thresholds, [d_sae], that lie with the weights of an SAE that is read as if it had none; null for the usual case.</summary>
    public static Tensor? UnusedThresholds(SparseAutoencoder sae) =>
        sae.Config.Architecture != SaeArchitecture.Standard ? null : sae.WeightFiles.Select(f => Vector(f, "threshold", sae.Config.DSae)).FirstOrDefault(t => t is not null);

    private static double? FromSparsity(SparseAutoencoder sae)
    {
        if (Vector(Path.Combine(sae.Folder, "sparsity.safetensors"), "sparsity", sae.Config.DSae) is not { } sparsity)
            return null;
        double sum = 0;
        foreach (var s in sparsity.Span)
            sum += Math.Pow(10, s);
        return sum > 0 && sum <= sae.Config.DSae ? sum : null;
    }

    // These are only hints: what is not there or cannot be read gives none.
    private static Tensor? Vector(string path, string name, int length)
    {
        if (!path.EndsWith(".safetensors", StringComparison.Ordinal) || !File.Exists(path))
            return null;
        try
        {
            return SafetensorsFile.Open(path).Weights.TryGetValue(name, out var vector) && vector.Count == length ? vector.ToTensor() : null;
        }
        catch (WeightFileException)
        {
            return null;
        }
    }
}
