using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>What is said of an SAE's files when they are loaded, where they do not say it themselves or say it wrongly.</summary>
public sealed record SaeLoadOptions
{
    /// <summary>The layout, by SAELens's name for its loader, such as <c>gemma_2</c>; null to look at the files.</summary>
    public string? Layout { get; init; }

    /// <summary>
    /// The factor s that activations are to be multiplied with, as the registry gives it: folded into the weights as SAELens does
    /// (W_enc·s, W_dec/s, b_dec/s) where the configuration asks for <c>expected_average_only_in</c>.
    /// </summary>
    public double? NormScalingFactor { get; init; }

    /// <summary>The repository the files come from, such as <c>google/gemma-scope-2b-pt-att</c>, where names in it tell model and site.</summary>
    public string? Repository { get; init; }

    /// <summary>The hook it reads.</summary>
    public HookPoint? Hook { get; init; }

    /// <summary>The hook a transcoder writes.</summary>
    public HookPoint? HookOut { get; init; }

    /// <summary>The model it was trained on.</summary>
    public string? ModelName { get; init; }

    /// <summary>Whether files may be fetched from the hub.</summary>
    public Download Download { get; init; } = Download.Never;
}
