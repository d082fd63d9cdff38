using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>What the runs of one row gave.</summary>
/// <param name="Counts">Whether each token counts, [pos].</param>
/// <param name="Target">What the SAE is to reconstruct, [pos, …].</param>
/// <param name="Reconstruction">What it made of it, [pos, …].</param>
/// <param name="Features">What fired.</param>
internal sealed record RowOutcome(bool[] Counts, Tensor Target, Tensor Reconstruction, SparseFeatures Features)
{
    /// <summary>The loss of the model alone, [pos − 1].</summary>
    public double[] CeClean { get; init; } = [];

    /// <summary>The loss with the SAE, [pos − 1].</summary>
    public double[] CeSae { get; set; } = [];

    /// <summary>The loss with zeros, [pos − 1].</summary>
    public double[] CeZero { get; set; } = [];

    /// <summary>KL(alone ‖ with the SAE), [pos].</summary>
    public double[] KlSae { get; set; } = [];

    /// <summary>KL(alone ‖ with zeros), [pos].</summary>
    public double[] KlZero { get; set; } = [];

    /// <summary>Adds losses and features.</summary>
    public void AddTo(MetricSums sums)
    {
        sums.Rows++;
        sums.Tokens += Counts.Length;
        sums.AddFeatures(Features, Counts);
        for (var t = 0; t < Counts.Length; t++)
        {
            if (!Counts[t])
                continue;
            sums.KlSae += KlSae[t];
            sums.KlZero += KlZero[t];
            if (t == CeClean.Length)
                continue;
            sums.Predicted++;
            sums.CeClean += CeClean[t];
            sums.CeSae += CeSae[t];
            sums.CeZero += CeZero[t];
        }
    }
}
