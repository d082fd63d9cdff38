namespace FeatureInterp.Models;

/// <summary>What a model on this machine is and what it needs, as far as its files say without loading it.</summary>
public sealed record ModelSummary
{
    /// <summary>How to call it: a name under <c>data/models</c>, <c>org/name</c>, or a path.</summary>
    public required string Name { get; init; }

    /// <summary>Its folder, or its <c>.gguf</c> file.</summary>
    public required string Path { get; init; }

    /// <summary>Where it was found.</summary>
    public required ModelSource Source { get; init; }

    /// <summary>The architecture, as its configuration names it; null when that cannot be read.</summary>
    public string? Architecture { get; init; }

    /// <summary>How most of its weights are stored, for example <c>BF16</c> or <c>Q4_K</c>; null when that cannot be read.</summary>
    public string? DType { get; init; }

    /// <summary>The number of weights; null when it cannot be read.</summary>
    public long? Parameters { get; init; }

    /// <summary>The bytes of the weight files, all of which are in memory once every weight was used.</summary>
    public long WeightBytes { get; init; }

    /// <summary>
    /// The bytes that keys and values of one token take, 2 · layers · key-value heads · head size · 4, when every layer keeps all tokens; null when the configuration
    /// does not say.
    /// </summary>
    public long? KeyValueBytesPerToken { get; init; }

    /// <summary>Why it cannot be loaded, in a few words; null when it can.</summary>
    public string? Problem { get; init; }
}
