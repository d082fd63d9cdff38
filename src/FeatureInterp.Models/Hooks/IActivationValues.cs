using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>What a run kept of a hook in a smaller form than a tensor a prompt.</summary>
public interface IActivationValues
{
    /// <summary>The number of prompts.</summary>
    int Count { get; }

    /// <summary>Writes a prompt's values out: [pos, …].</summary>
    /// <param name="prompt">The prompt.</param>
    Tensor Write(int prompt);
}
