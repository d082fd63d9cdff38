using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A GGUF file's arrays under Hugging Face's names.</summary>
internal sealed class GgufCheckpoint : WeightSource
{
    private readonly Dictionary<string, Weight> _weights = new(StringComparer.Ordinal);
    private readonly GgufFile _file;

    /// <summary>Translates every name; one that has no translation keeps its own, so that it is reported as left over.</summary>
    /// <exception cref="WeightFileException">Two arrays stand for one.</exception>
    public GgufCheckpoint(GgufFile file, GgufArchitecture architecture)
    {
        _file = file;
        foreach (var (name, weight) in file.Weights)
        {
            if (name == RopeFactors)
                continue;
            if (!_weights.TryAdd(architecture.Translate(name) ?? name, weight))
                throw new WeightFileException(file.Path, $"'{name}' stands for an array that the file has already; it is damaged or of another kind.");
            TotalBytes += weight.DType.ByteCount(weight.Count);
        }
    }

    /// <summary>The array of factors by which Llama 3.1's rotary periods are stretched.</summary>
    public const string RopeFactors = "rope_freqs.weight";

    /// <inheritdoc/>
    public override string Path => _file.Path;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Names => _weights.Keys;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Files => [_file.Path];

    /// <inheritdoc/>
    public override long TotalBytes { get; }

    /// <inheritdoc/>
    public override Weight? TryFind(string name) => _weights.GetValueOrDefault(name);

    /// <inheritdoc/>
    public override string PathOf(string name) => _file.Path;
}
