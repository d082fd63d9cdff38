namespace FeatureInterp.Models.Tokenizers;

/// <summary>What is done with the tokens of a whole text, after the model.</summary>
internal interface IPostProcessor
{
    /// <summary>Adds tokens around those of the text, or corrects their ranges.</summary>
    void Process(TokenBuffer tokens, Vocabulary vocabulary, bool addSpecialTokens);

    /// <summary>The first id that is put in front of the text's tokens, or null.</summary>
    int? Leading => null;

    /// <summary>The last id that is put behind the text's tokens, or null.</summary>
    int? Trailing => null;

    /// <summary>All ids that it may add.</summary>
    IEnumerable<int> Ids => [];
}

/// <summary>Type <c>Sequence</c>: one post-processor after the other.</summary>
internal sealed class PostProcessorSequence(IReadOnlyList<IPostProcessor> steps) : IPostProcessor
{
    public int? Leading => steps.Select(s => s.Leading).LastOrDefault(id => id is not null);

    public int? Trailing => steps.Select(s => s.Trailing).LastOrDefault(id => id is not null);

    public IEnumerable<int> Ids => steps.SelectMany(s => s.Ids);

    public void Process(TokenBuffer tokens, Vocabulary vocabulary, bool addSpecialTokens)
    {
        foreach (var step in steps)
            step.Process(tokens, vocabulary, addSpecialTokens);
    }
}

/// <summary>Type <c>TemplateProcessing</c>, its form for a single text: ids in front of it and behind it.</summary>
internal sealed class TemplateProcessing(int[] before, int[] after) : IPostProcessor
{
    public int? Leading => before.Length > 0 ? before[0] : null;

    public int? Trailing => after.Length > 0 ? after[^1] : null;

    public IEnumerable<int> Ids => before.Concat(after);

    public void Process(TokenBuffer tokens, Vocabulary vocabulary, bool addSpecialTokens)
    {
        if (!addSpecialTokens)
            return;
        tokens.InsertAtStart(before);
        foreach (var id in after)
            tokens.Add(id, default);
    }
}

/// <summary>
/// Type <c>ByteLevel</c>: takes white space that a token is spelled with, at its ends, out of its range. A space that may have been
/// put in front of the text, by <paramref name="addPrefixSpace"/>, was never in it and stays.
/// </summary>
internal sealed class ByteLevelPostProcessor(bool trimOffsets, bool addPrefixSpace) : IPostProcessor
{
    public void Process(TokenBuffer tokens, Vocabulary vocabulary, bool addSpecialTokens)
    {
        if (!trimOffsets || !tokens.WithOffsets)
            return;
        for (var i = 0; i < tokens.Ids.Count; i++)
        {
            if (vocabulary.Find(tokens.Ids[i]) is { } token)
                tokens.Offsets[i] = Trim(tokens.Offsets[i], token, isFirst: i == 0 || tokens.Offsets[i].Start == 0);
        }
    }

    private TokenRange Trim(TokenRange range, string token, bool isFirst)
    {
        var (start, end) = range;
        var leading = token.TakeWhile(IsSpace).Count();
        var trailing = token.Reverse().TakeWhile(IsSpace).Count();
        if (leading > 0 && !(isFirst && addPrefixSpace && leading == 1))
            start = Math.Min(start + leading, end);
        if (trailing > 0 && end >= trailing)
            end = Math.Max(end - trailing, start);
        return new TokenRange(start, end);
    }

    private static bool IsSpace(char c) => c == ByteAlphabet.Space || char.IsWhiteSpace(c);
}
