using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>The features of a run's tokens as they are kept: only those that fired, a list a prompt.</summary>
/// <param name="prompts">What fired in each prompt.</param>
internal sealed class FeatureValues(IReadOnlyList<SparseFeatures> prompts) : IActivationValues
{
    /// <summary>What fired in each prompt.</summary>
    public IReadOnlyList<SparseFeatures> Prompts { get; } = prompts;

    public int Count => Prompts.Count;

    public Tensor Write(int prompt) => Prompts[prompt].ToDense();
}
