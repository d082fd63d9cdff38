namespace FeatureInterp.Models;

/// <summary>The dimensions every architecture has.</summary>
public sealed record TransformerConfig
{
    /// <summary>The number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>The width of the residual stream.</summary>
    public required int DModel { get; init; }

    /// <summary>The number of attention heads.</summary>
    public required int Heads { get; init; }

    /// <summary>The number of heads that keys and values have; several query heads share one.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>The width of one head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>The width of the MLP's hidden layer.</summary>
    public required int DMlp { get; init; }

    /// <summary>The number of token ids.</summary>
    public required int VocabSize { get; init; }

    /// <summary>The largest number of tokens in a sequence.</summary>
    public required int ContextLength { get; init; }
}
