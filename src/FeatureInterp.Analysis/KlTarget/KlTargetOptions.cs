namespace FeatureInterp.Analysis;

/// <summary>How the value for a KL divergence is looked for.</summary>
public enum KlSearch
{
    /// <summary>
    /// On a logarithmic scale: from the middle of the range along the curve, which is nearly a line of slope 2 there, until the target lies between two values, then
    /// between these until the divergence is within the tolerance. If no two values enclose the target, the whole range is tried once. Where the curve crosses the target
    /// more than once, one of the crossings is found. The default.
    /// </summary>
    LogBracket,

    /// <summary>
    /// The notebook's: whole numbers, halving [1, 1000] (or [−1000, −1]) until the divergence is in [target, target + 0.1] or nothing is left to halve; the last value
    /// tried is the answer whether or not it reached the target.
    /// </summary>
    IntegerBisection,
}

/// <summary>The choices of a search for the value at which clamping a unit moves the model by so much.</summary>
public sealed record KlTargetOptions
{
    /// <summary>The prompts the divergence is averaged over. Default: the three of the output-centric paper.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = ["The explanation is simple:", "I think", "We"];

    /// <summary>Whether values below 0 are looked for. Default false.</summary>
    public bool Negative { get; init; }

    /// <summary>
    /// Whether the SAE's error stays in the stream, as it does when text is generated with the value. Default true. Without it both the clean and the clamped run go through the SAE.
    /// </summary>
    public bool ErrorTerm { get; init; } = true;

    /// <summary>Whether a neuron is set before its activation function (<c>mlp.hook_pre</c>) rather than behind it. Default false.</summary>
    public bool BeforeActivation { get; init; }

    /// <summary>
    /// Whether prompts are padded on the right with the tokenizer's padding token, token id 0 is taken for padding and left out, and so is every position whose divergence
    /// is exactly 0. As the notebook does. Default false: prompts keep their lengths and every position counts.
    /// </summary>
    public bool PadRight { get; init; }

    /// <summary>How the value is looked for. Default <see cref="KlSearch.LogBracket"/>.</summary>
    public KlSearch Search { get; init; } = KlSearch.LogBracket;

    /// <summary>How near to the target is near enough, as a share of it. Default 0.01. Not for <see cref="KlSearch.IntegerBisection"/>.</summary>
    public double Tolerance { get; init; } = 0.01;

    /// <summary>The smallest size of a value to try, above 0. Default 0.1. Not for <see cref="KlSearch.IntegerBisection"/>.</summary>
    public double Least { get; init; } = 0.1;

    /// <summary>The largest size of a value to try. Default 10,000. Not for <see cref="KlSearch.IntegerBisection"/>.</summary>
    public double Most { get; init; } = 10_000;

    /// <summary>What the notebook behind output-centric descriptions does.</summary>
    public static KlTargetOptions Notebook { get; } = new() { ErrorTerm = false, BeforeActivation = true, PadRight = true, Search = KlSearch.IntegerBisection };

    internal void Validate()
    {
        if (Prompts.Count == 0)
            throw new AnalysisException("There is no prompt to measure a divergence on; give at least one.");
        if (!(Tolerance is > 0 and < 1))
            throw new AnalysisException($"Tolerance is {Tolerance}; give a share between 0 and 1.");
        if (!(Least > 0 && Most > Least && Most <= 1e9))
            throw new AnalysisException($"Values from {Least} to {Most} are to be tried; give a range above 0 that ends at 1e9 or before.");
    }
}
