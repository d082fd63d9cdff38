using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>What the names of a repository, its folders and its files say of an SAE; null for what they do not say.</summary>
internal sealed record SaeNameFacts
{
    /// <summary>Why the names are not understood; null when they are.</summary>
    public string? Fault { get; init; }

    /// <summary>The model it was trained on.</summary>
    public string? ModelName { get; init; }

    /// <summary>The hook it reads.</summary>
    public HookPoint? HookIn { get; init; }

    /// <summary>The hook a transcoder writes.</summary>
    public HookPoint? HookOut { get; init; }

    /// <summary>The width of its input, as the model's name tells it. The arrays decide.</summary>
    public int? DIn { get; init; }

    /// <summary>The number of features, as a folder's name tells it. The arrays decide.</summary>
    public int? DSae { get; init; }

    /// <summary>How many features of a token are kept.</summary>
    public int? K { get; init; }

    /// <summary>Names that are not understood.</summary>
    /// <param name="fault">Why.</param>
    public static SaeNameFacts Unknown(string fault) => new() { Fault = fault };
}
