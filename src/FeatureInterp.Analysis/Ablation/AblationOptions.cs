using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>The choices of an ablation.</summary>
public sealed record AblationOptions
{
    /// <summary>Where features are set to zero. Default: at every position.</summary>
    public InterventionPositions Positions { get; init; } = InterventionPositions.All;

    /// <summary>Whether they are set to zero on the prompt. Default yes.</summary>
    public bool OnPrompt { get; init; } = true;

    /// <summary>Whether they are set to zero on the answer's tokens, and on the new tokens of a greedy text. Default yes.</summary>
    public bool OnAnswer { get; init; } = true;

    /// <summary>
    /// Whether what the SAE fails to reconstruct is added back. Default yes: then the ablation is the only difference from the model as it is. Without, all
    /// numbers are compared with those of the model that runs on the SAE's reconstruction.
    /// </summary>
    public bool ErrorTerm { get; init; } = true;

    /// <summary>The most features that are tried where none are named, at least 1: those with the largest max f · ‖W_dec[f]‖. Default 256.</summary>
    public int MaxFeatures { get; init; } = 256;

    /// <summary>For how many of the lines with the largest effect the greedy text and the layers' shares are worked out. Default 6.</summary>
    public int Details { get; init; } = 6;

    /// <summary>The most tokens of a greedy text; 0 for no texts. Default 60.</summary>
    public int NewTokens { get; init; } = 60;

    /// <summary>How many lines run together, at least 1: more are faster and hold more memory. Default 16.</summary>
    public int LinesAtOnce { get; init; } = 16;

    /// <summary>Where to write what is done, now and then, when the work is cancelled and at the end; null (the default) for nowhere.</summary>
    public string? StateFile { get; init; }

    /// <summary>Whether to go on from <see cref="StateFile"/> if there is one; it must be of the same model, SAE, prompt, answer, features and options. Default false.</summary>
    public bool Resume { get; init; }

    internal void Validate()
    {
        if (Resume && StateFile is null)
            throw new AnalysisException("Resume is set, but no StateFile is named to go on from; name it.");
        if (MaxFeatures < 1)
            throw new AnalysisException($"MaxFeatures is {MaxFeatures}; give 1 or more.");
        if (Details < 0)
            throw new AnalysisException($"Details is {Details}; give 0 or more.");
        if (NewTokens < 0)
            throw new AnalysisException($"NewTokens is {NewTokens}; give 0 or more.");
        if (LinesAtOnce < 1)
            throw new AnalysisException($"LinesAtOnce is {LinesAtOnce}; give 1 or more.");
        if (!OnPrompt && !OnAnswer)
            throw new AnalysisException("Features would be set to zero neither on the prompt nor on the answer; allow one of them.");
    }
}
