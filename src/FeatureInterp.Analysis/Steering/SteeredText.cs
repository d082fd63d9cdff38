using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>One text of a steering sweep.</summary>
public sealed record SteeredText
{
    // Sequences of so many tokens are looked for twice, in texts of at least so many.
    private const int Gram = 3;
    private const int Shortest = 8;

    /// <summary>The prompt's number.</summary>
    public required int Prompt { get; init; }

    /// <summary>The feature; null for the unsteered text.</summary>
    public required int? Feature { get; init; }

    /// <summary>The strength; 0 for the unsteered text.</summary>
    public required double Strength { get; init; }

    /// <summary>The number of the way in which tokens were chosen, in <see cref="SteeringOptions.Samplings"/>.</summary>
    public required int Sampling { get; init; }

    /// <summary>The new tokens' ids, an end-of-sequence token included.</summary>
    public required IReadOnlyList<int> Tokens { get; init; }

    /// <summary>The text of each token.</summary>
    public required IReadOnlyList<string> TokenTexts { get; init; }

    /// <summary>The text, without special tokens.</summary>
    public required string Text { get; init; }

    /// <summary>Why it ended; null when the work was cancelled before.</summary>
    public required FinishReason? Finished { get; init; }

    /// <summary>ln p of each token under the model as it was steered, in nats.</summary>
    public required IReadOnlyList<double> LogProbabilities { get; init; }

    /// <summary>ln p of each token under the unsteered model, given the prompt and this text so far, in nats; empty when the work was cancelled before.</summary>
    public required IReadOnlyList<double> UnsteeredLogProbabilities { get; init; }

    /// <summary>For each token whether it is in the unsteered text too: part of a longest common subsequence of the two.</summary>
    public required IReadOnlyList<bool> IsShared { get; init; }

    /// <summary>Whether it counts as fallen apart: a rule of thumb, see <see cref="SteeringOptions.MaxDrop"/> and <see cref="SteeringOptions.MaxRepetition"/>.</summary>
    public required bool FallsApart { get; init; }

    /// <summary>The mean of <see cref="UnsteeredLogProbabilities"/>, in nats a token; NaN for none.</summary>
    public double MeanLogProbability => UnsteeredLogProbabilities.Count > 0 ? UnsteeredLogProbabilities.Average() : double.NaN;

    /// <summary>How much it repeats itself: 1 − distinct / all sequences of three tokens, 0 to 1; 0 for texts below eight tokens, which say too little.</summary>
    public double Repetition => RepetitionOf(Tokens);

    /// <summary>Whether it is complete and scored.</summary>
    public bool IsComplete => Finished is not null && UnsteeredLogProbabilities.Count == Tokens.Count;

    /// <summary>The tokens as text, each run of tokens that the unsteered text does not have between ⟦ and ⟧.</summary>
    public string Marked => Feature is null ? string.Concat(TokenTexts) : string.Concat(TokenTexts.Select((text, i) =>
        (!IsShared[i] && (i == 0 || IsShared[i - 1]) ? "⟦" : "") + text + (!IsShared[i] && (i == TokenTexts.Count - 1 || IsShared[i + 1]) ? "⟧" : "")));

    /// <summary>The text.</summary>
    public override string ToString() => Text;

    internal static double RepetitionOf(IReadOnlyList<int> tokens)
    {
        if (tokens.Count < Shortest)
            return 0;
        var all = tokens.Count - Gram + 1;
        return 1 - Enumerable.Range(0, all).Select(i => (tokens[i], tokens[i + 1], tokens[i + 2])).Distinct().Count() / (double)all;
    }
}
