using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>What is averaged when a unit is clamped.</summary>
public enum TokenChangeMeasure
{
    /// <summary>logit − clean logit. The default. A change of every logit alike says nothing; log-probabilities rank tokens the same way.</summary>
    Logit,

    /// <summary>p − clean p.</summary>
    Probability,
}

/// <summary>The choices of a token change.</summary>
public sealed record TokenChangeOptions
{
    /// <summary>
    /// The value v that the unit is clamped to, and then to −v; above 0. Null (the default) for its largest activation on these very prompts, so that v has the unit's own scale.
    /// </summary>
    public float? Value { get; init; }

    /// <summary>What the value is multiplied by, such as 2 for twice the largest activation; above 0. Default 1.</summary>
    public float Strength { get; init; } = 1;

    /// <summary>
    /// Whether what the SAE fails to reconstruct stays in the stream, so that only the feature changes. Default true. Without it the clean run, too, goes through the SAE.
    /// Of no meaning for a neuron.
    /// </summary>
    public bool ErrorTerm { get; init; } = true;

    /// <summary>Whether tokens that are not text (the beginning of sequence) are neither clamped nor averaged. Default true.</summary>
    public bool ExcludeSpecialTokens { get; init; } = true;

    /// <summary>What is averaged over prompts and positions. Default: logits.</summary>
    public TokenChangeMeasure Measure { get; init; } = TokenChangeMeasure.Logit;

    /// <summary>How many tokens are kept at each end, 1 to 10,000. Default 10.</summary>
    public int Top { get; init; } = 10;

    /// <summary>The most rows of the corpus that are run, from its beginning, at least 1; with a <see cref="Seed"/>, how many are drawn. Default 32.</summary>
    public int Rows { get; init; } = 32;

    /// <summary>
    /// Draws the rows at random out of the whole corpus, a row perhaps more than once, as <c>torch.manual_seed(seed); torch.randint(0, rows of the corpus, (Rows,))</c> draws them on a
    /// CPU: what the notebook behind output-centric descriptions does, without a seed. Null (the default) for the first rows of the corpus.
    /// </summary>
    public uint? Seed { get; init; }

    /// <summary>How many tokens a row has into which a text is cut, the beginning-of-sequence token included. Default 32. Ignored for rows of token ids.</summary>
    public int RowLength { get; init; } = 32;

    /// <summary>What the notebook behind output-centric descriptions does: clamped to ±10 everywhere, the beginning of sequence clamped and averaged in, no error term.</summary>
    public static TokenChangeOptions Notebook { get; } = new() { Value = 10, ErrorTerm = false, ExcludeSpecialTokens = false };

    internal void Validate(Transformer model)
    {
        if (Value is { } v && !(v > 0 && float.IsFinite(v)))
            throw new AnalysisException($"Value is {v}; give a number above 0: the unit is clamped to it and to its negative.");
        if (!(Strength > 0 && float.IsFinite(Strength)))
            throw new AnalysisException($"Strength is {Strength}; give a number above 0.");
        if (Top is < 1 or > 10_000)
            throw new AnalysisException($"Top is {Top}; give 1 to 10,000.");
        if (Rows < 1)
            throw new AnalysisException($"Rows is {Rows}; give 1 or more.");
        if (RowLength < 1 || RowLength > model.Config.ContextLength)
            throw new AnalysisException($"RowLength is {RowLength}; give 1 to {model.Config.ContextLength}.");
    }
}
