using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>The choices of a co-occurrence PCA.</summary>
public sealed record CooccurrenceOptions
{
    /// <summary>How many principal components to find, 1 to 16; vectors that vary in fewer directions have fewer. Default 3.</summary>
    public int Components { get; init; } = 3;

    /// <summary>How many tokens before the token stand in its context, 0 to 100. Default 5.</summary>
    public int Before { get; init; } = 5;

    /// <summary>How many tokens after the token stand in its context, 0 to 100. Default 3.</summary>
    public int After { get; init; } = 3;

    /// <summary>
    /// How many tokens a row has into which a text is cut, the beginning-of-sequence token included. Null (the default) for 256 or the model's context, whichever is
    /// less. Ignored for rows of token ids.
    /// </summary>
    public int? RowLength { get; init; }

    /// <summary>Whether tokens that are not text (the beginning of sequence and what else the tokenizer marks as special) are passed over. Default true; the source counts them.</summary>
    public bool ExcludeSpecialTokens { get; init; } = true;

    /// <summary>
    /// Whether to follow the source's notebook where it slips: a token counts where the <i>sum</i> of the set's activations is above 0 (signed activations that
    /// cancel are lost), and the last token of a row never stands in the context of one before it. Default false: a token counts where any activation is not 0.
    /// </summary>
    public bool AsNotebook { get; init; }

    /// <summary>
    /// How many tokens of a set are kept to be drawn and looked at, 1 to 1,000,000. When more fire, a uniform sample of them, drawn with <see cref="Seed"/>;
    /// components, variances, means and counts are always those of all tokens. Default 100,000, some 20 MB a set.
    /// </summary>
    public int MaxPoints { get; init; } = 100_000;

    /// <summary>The seed of that sample. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>How many tokens are run together, at least 1: rows are added until there are so many. Default 2,048. Changes speed and memory only.</summary>
    public int BatchTokens { get; init; } = 2048;

    /// <summary>Where to write how far the pass is, every half minute, when it is cancelled and at the end; null (the default) for nowhere.</summary>
    public string? StateFile { get; init; }

    /// <summary>Whether to go on from <see cref="StateFile"/> if there is one; it must be of the same model, SAE, corpus, sets and options. Default false.</summary>
    public bool Resume { get; init; }

    internal void Validate(Transformer model)
    {
        Between(Components, 1, 16, nameof(Components));
        Between(Before, 0, 100, nameof(Before));
        Between(After, 0, 100, nameof(After));
        Between(MaxPoints, 1, 1_000_000, nameof(MaxPoints));
        Between(BatchTokens, 1, int.MaxValue, nameof(BatchTokens));
        if (RowLength is { } length)
            Between(length, 1, model.Config.ContextLength, nameof(RowLength));
        if (Resume && StateFile is null)
            throw new AnalysisException("Resume is set, but no StateFile is named to go on from; name it.");
    }

    private static void Between(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new AnalysisException($"{name} is {value}; give {least} to {most}.");
    }
}
