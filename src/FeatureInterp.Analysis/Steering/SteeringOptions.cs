using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>What a strength of 1 adds.</summary>
public enum SteeringUnit
{
    /// <summary>max · W_dec[f], with the feature's largest activation: as much as the feature itself ever added.</summary>
    MaxActivation,

    /// <summary>W_dec[f] / ‖W_dec[f]‖: a vector of length 1. For features whose largest activation is not known, or zero.</summary>
    DecoderNorm,
}

/// <summary>The choices of a steering sweep.</summary>
public sealed record SteeringOptions
{
    /// <summary>What a strength of 1 adds. Default: the largest activation times W_dec[f].</summary>
    public SteeringUnit Unit { get; init; } = SteeringUnit.MaxActivation;

    /// <summary>
    /// The features' largest activations: over a corpus (<see cref="MaxActivation.Over"/>), from a saved table (<see cref="MaxActivation.Of"/>), or made up. Default null: measured on the sweep's own prompts,
    /// which is a small corpus.
    /// </summary>
    public IReadOnlyDictionary<int, double>? MaxActivations { get; init; }

    /// <summary>The most tokens to add to a prompt, at least 1. Default 60.</summary>
    public int NewTokens { get; init; } = 60;

    /// <summary>The ways in which tokens are chosen; each makes a text of its own, with the same random numbers at every strength. Default: greedy alone.</summary>
    public IReadOnlyList<Sampling> Samplings { get; init; } = [Sampling.Greedy];

    /// <summary>Where the vector is added. Default: at every position.</summary>
    public InterventionPositions Positions { get; init; } = InterventionPositions.All;

    /// <summary>Whether it is added on the prompt. Default yes.</summary>
    public bool OnPrompt { get; init; } = true;

    /// <summary>Whether it is added on new tokens. Default yes.</summary>
    public bool OnNewTokens { get; init; } = true;

    /// <summary>Whether a text ends at the model's own stop tokens. Default yes.</summary>
    public bool StopAtEos { get; init; } = true;

    /// <summary>A text counts as fallen apart when its mean log-probability under the unsteered model is this much below that of the unsteered text, in nats a token. Default 1.5.</summary>
    public double MaxDrop { get; init; } = 1.5;

    /// <summary>A text counts as fallen apart when it repeats itself by this much more than the unsteered text; see <see cref="SteeredText.Repetition"/>. Default 0.5.</summary>
    public double MaxRepetition { get; init; } = 0.5;

    /// <summary>How many texts are made together, at least 1: more are faster and hold more keys and values. Default 32.</summary>
    public int TextsAtOnce { get; init; } = 32;

    /// <summary>Where to write what is done, now and then, when the work is cancelled and at the end; null (the default) for nowhere.</summary>
    public string? StateFile { get; init; }

    /// <summary>Whether to go on from <see cref="StateFile"/> if there is one; it must be of the same model, SAE, prompts, features, strengths and options. Default false.</summary>
    public bool Resume { get; init; }

    internal void Validate()
    {
        if (Resume && StateFile is null)
            throw new AnalysisException("Resume is set, but no StateFile is named to go on from; name it.");
        if (NewTokens < 1)
            throw new AnalysisException($"NewTokens is {NewTokens}; give 1 or more.");
        if (Samplings.Count == 0)
            throw new AnalysisException("There is no way to choose tokens; give at least one, such as Sampling.Greedy.");
        foreach (var sampling in Samplings)
            sampling.Validate();
        if (!(MaxDrop > 0))
            throw new AnalysisException($"MaxDrop is {MaxDrop}; give a number of nats above 0.");
        if (!(MaxRepetition > 0))
            throw new AnalysisException($"MaxRepetition is {MaxRepetition}; give a share above 0.");
        if (TextsAtOnce < 1)
            throw new AnalysisException($"TextsAtOnce is {TextsAtOnce}; give 1 or more.");
        if (!OnPrompt && !OnNewTokens)
            throw new AnalysisException("The vector would be added neither on the prompt nor on new tokens; allow one of them.");
    }
}
