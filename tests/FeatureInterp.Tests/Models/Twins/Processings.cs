using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Weight processing, each kind alone and all together, under TransformerLens's names.</summary>
internal static class Processings
{
    public static IReadOnlyList<string> Names { get; } = ["none", "fold_ln", "center_writing_weights", "center_unembed", "fold_value_biases", "all"];

    public static WeightProcessing Of(string name) => name switch
    {
        "none" => WeightProcessing.None,
        "fold_ln" => new WeightProcessing { FoldLn = true },
        "center_writing_weights" => new WeightProcessing { CenterWritingWeights = true },
        "center_unembed" => new WeightProcessing { CenterUnembed = true },
        "fold_value_biases" => new WeightProcessing { FoldValueBiases = true },
        "all" => WeightProcessing.Standard,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Not a kind of weight processing."),
    };
}
