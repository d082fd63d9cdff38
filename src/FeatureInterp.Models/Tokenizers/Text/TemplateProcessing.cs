namespace FeatureInterp.Models.Tokenizers;

/// <summary>What is done with the tokens of a whole text, after the model.</summary>
internal interface IPostProcessor
{
    TokenBuffer Process(TokenBuffer tokens, bool addSpecialTokens);

    /// <summary>The first id that is put in front of the text's tokens, or null.</summary>
    int? Leading { get; }

    /// <summary>The last id that is put behind the text's tokens, or null.</summary>
    int? Trailing { get; }

    /// <summary>All ids that it may add.</summary>
    IEnumerable<int> Ids { get; }
}

/// <summary>Type <c>TemplateProcessing</c>, its form for a single text: ids in front of it and behind it.</summary>
internal sealed class TemplateProcessing(int[] before, int[] after) : IPostProcessor
{
    public int? Leading => before.Length > 0 ? before[0] : null;

    public int? Trailing => after.Length > 0 ? after[^1] : null;

    public IEnumerable<int> Ids => before.Concat(after);

    public TokenBuffer Process(TokenBuffer tokens, bool addSpecialTokens)
    {
        if (!addSpecialTokens)
            return tokens;
        tokens.InsertAtStart(before);
        foreach (var id in after)
            tokens.Add(id, default);
        return tokens;
    }
}
