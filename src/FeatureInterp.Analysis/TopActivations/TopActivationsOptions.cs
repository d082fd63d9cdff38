using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>The choices of a search for the largest activations.</summary>
public sealed record TopActivationsOptions
{
    /// <summary>The features to look at; only their columns of W_enc are read. Null (the default) for all.</summary>
    public IReadOnlyList<int>? Features { get; init; }

    /// <summary>How many examples to keep of a feature, 1 to 1,000. Default 10.</summary>
    public int Examples { get; init; } = 10;

    /// <summary>
    /// Whether a row gives at most one example of a feature, its largest, so that one passage does not fill the list. Default false: the largest
    /// activations wherever they are.
    /// </summary>
    public bool OnePerRow { get; init; }

    /// <summary>
    /// How many tokens a row has into which a text is cut, the beginning-of-sequence token included. Null (the default) for 256 or the model's context, whichever is
    /// less. Ignored for rows of token ids.
    /// </summary>
    public int? RowLength { get; init; }

    /// <summary>How many tokens before the example are kept with it, 0 to 1,000. Default 20.</summary>
    public int Before { get; init; } = 20;

    /// <summary>How many tokens after the example are kept with it, 0 to 1,000. Default 15.</summary>
    public int After { get; init; } = 15;

    /// <summary>
    /// Whether tokens that are not text (the beginning of sequence and what else the tokenizer marks as special) are passed over: no example, not counted in any share. Default true.
    /// </summary>
    public bool ExcludeSpecialTokens { get; init; } = true;

    /// <summary>How many tokens are run together, at least 1: rows are added until there are so many. Default 2,048. Changes speed and memory only.</summary>
    public int BatchTokens { get; init; } = 2048;

    /// <summary>
    /// Where to write how far the pass is, now and then and when it is cancelled; null (the default) for nowhere. <see cref="TopActivationsResult.Load"/> reads what was found by then.
    /// </summary>
    public string? StateFile { get; init; }

    /// <summary>Whether to go on from <see cref="StateFile"/> if there is one; it must be of the same model, SAE, corpus and options. Default false.</summary>
    public bool Resume { get; init; }

    internal void Validate(Transformer model)
    {
        Between(Examples, 1, 1000, nameof(Examples));
        Between(Before, 0, 1000, nameof(Before));
        Between(After, 0, 1000, nameof(After));
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
