using System.Text.Json.Nodes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// Where activations come from, block after block, always the same ones in the same order: <see cref="TensorActivations"/> has them already,
/// <see cref="ModelActivations"/> runs a model for them.
/// </summary>
public interface IActivationSource
{
    /// <summary>The number of values of an activation.</summary>
    int Width { get; }

    /// <summary>Where the next block begins, in the source's own count.</summary>
    long Position { get; }

    /// <summary>What the activations are of, for the provenance of what is trained on them.</summary>
    ActivationOrigin Origin { get; }

    /// <summary>Goes to a position it was at before; 0 is the beginning.</summary>
    /// <param name="position">The position.</param>
    /// <exception cref="SaeException">There is no such position.</exception>
    void Seek(long position);

    /// <summary>The next block, [row, width], of any number of rows.</summary>
    /// <param name="cancellation">Stops a run that takes long.</param>
    /// <returns>The block; null at the end.</returns>
    Tensor? Next(CancellationToken cancellation);
}

/// <summary>What activations are of.</summary>
public sealed record ActivationOrigin
{
    /// <summary>The model's name, if a model made them.</summary>
    public string? ModelName { get; init; }

    /// <summary>Whether texts began with the beginning-of-sequence token.</summary>
    public bool PrependBos { get; init; } = true;

    /// <summary>The number of tokens of a row of text, if known.</summary>
    public int? ContextSize { get; init; }

    /// <summary>Whether the heads of a hook were laid side by side.</summary>
    public bool FlattensHeads { get; init; }

    /// <summary>The rest, by name: hashes, counts, choices.</summary>
    public JsonObject Details { get; init; } = [];
}
