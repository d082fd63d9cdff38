namespace FeatureInterp.Models;

/// <summary>
/// How the next token is chosen from the logits. The filters come in TransformerLens's order: repetition penalty, temperature,
/// frequency penalty, then top-k or else top-p.
/// </summary>
public sealed record Sampling
{
    /// <summary>Always the most probable token; of equal ones the smaller id.</summary>
    public static Sampling Greedy { get; } = new() { Temperature = 0 };

    /// <summary>Logits are divided by this; 0 (and anything below 1e-6) takes the most probable token and ignores everything but <see cref="RepetitionPenalty"/>. Default 1.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Only the k largest logits stay, with all that equal the k-th; null for all. Wins over <see cref="TopP"/>. Default null.</summary>
    public int? TopK { get; init; }

    /// <summary>Only the most probable tokens stay that together reach this probability, the one that crosses it included; 1 for all. Default 1.</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Taken from a token's logit for each time it is already in the text, prompt included. Default 0.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>A positive logit of a token already in the text is divided by this, a negative one multiplied. Default 1.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Where the random numbers start; the same seed gives the same text. Prompt p of a batch uses the stream (Seed, p). Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="SamplingException">A value makes no sense; the message names it and its range.</exception>
    public void Validate()
    {
        if (!(Temperature >= 0) || float.IsInfinity(Temperature))
            throw new SamplingException($"Temperature is {Temperature}; give 0 (greedy) or a positive number.");
        if (TopK is < 1)
            throw new SamplingException($"TopK is {TopK}; give 1 or more, or leave it out.");
        if (!(TopP > 0 && TopP <= 1))
            throw new SamplingException($"TopP is {TopP}; give a number above 0 and up to 1.");
        if (!float.IsFinite(FrequencyPenalty))
            throw new SamplingException($"FrequencyPenalty is {FrequencyPenalty}; give a finite number.");
        if (!(RepetitionPenalty > 0) || float.IsInfinity(RepetitionPenalty))
            throw new SamplingException($"RepetitionPenalty is {RepetitionPenalty}; give a positive number.");
    }
}

/// <summary>A sampling option makes no sense. The message names it, its value and its range.</summary>
public sealed class SamplingException : Exception
{
    /// <summary>Says what is wrong.</summary>
    /// <param name="message">One sentence.</param>
    public SamplingException(string message)
        : base(message)
    {
    }
}
