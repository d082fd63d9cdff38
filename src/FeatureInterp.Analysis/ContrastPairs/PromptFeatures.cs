using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Analysis;

/// <summary>One feature's activation.</summary>
/// <param name="Feature">The feature, 0 to d_sae − 1.</param>
/// <param name="Value">Its activation.</param>
public readonly record struct FeatureValue(int Feature, float Value);

/// <summary>What fires in one prompt where it is read.</summary>
public sealed record PromptFeatures
{
    /// <summary>What the prompt is called.</summary>
    public required string Name { get; init; }

    /// <summary>Its token ids, as they were run.</summary>
    public required IReadOnlyList<int> Tokens { get; init; }

    /// <summary>The tokens' texts.</summary>
    public required IReadOnlyList<string> TokenTexts { get; init; }

    /// <summary>Every feature's activation at the token that is compared, [d_sae].</summary>
    public required IReadOnlyList<float> Features { get; init; }

    /// <summary>The strongest features there, largest first; fewer than asked for when fewer fire.</summary>
    public required IReadOnlyList<FeatureValue> Top { get; init; }

    /// <summary>The position of the token that is compared.</summary>
    public int Position => Tokens.Count - 1;

    /// <summary>The text of the token that is compared.</summary>
    public string Token => TokenTexts[^1];

    /// <summary>The number of features that fire at the token that is compared.</summary>
    public int L0 => Features.Count(v => v != 0);

    internal static PromptFeatures Of(string name, int[] tokens, float[] features, Tokenizer tokenizer, int top)
    {
        var indices = new int[Math.Min(top, features.Length)];
        var values = new float[indices.Length];
        Kernels.TopK(features, indices, values);
        return new PromptFeatures
        {
            Name = name,
            Tokens = tokens,
            TokenTexts = Array.ConvertAll(tokens, tokenizer.DecodeToken),
            Features = features,
            Top = [.. indices.Zip(values, (f, v) => new FeatureValue(f, v)).Where(f => f.Value > 0)],
        };
    }
}
