using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>The features of a run's tokens as they are kept: only those that fired, a list a prompt.</summary>
internal sealed class FeatureValues : IActivationValues
{
    /// <summary>Takes apart what a step's tokens have.</summary>
    /// <param name="batch">The tokens.</param>
    /// <param name="dense">[row, d_sae]</param>
    public FeatureValues(TokenBatch batch, Tensor dense)
    {
        Prompts = [.. Enumerable.Range(0, batch.Count).Select(p => Of(dense.Rows(batch.FirstRow(p), batch.Length(p))))];
    }

    /// <summary>What fired in each prompt.</summary>
    public IReadOnlyList<SparseFeatures> Prompts { get; }

    public int Count => Prompts.Count;

    public Tensor Write(int prompt) => Prompts[prompt].ToDense();

    /// <summary>The features that are not zero.</summary>
    /// <param name="dense">[token, d_sae]</param>
    public static SparseFeatures Of(Tensor dense)
    {
        var features = new SparseFeatures(dense.Shape[1]);
        for (var t = 0; t < dense.Shape[0]; t++)
            features.AddToken(dense.Row(t));
        return features;
    }
}
