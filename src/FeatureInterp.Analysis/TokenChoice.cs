using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>
/// One token, or one for each prompt, as ids or as texts that are exactly one token (mind the leading space: <c>" Mary"</c>). An id, a text and arrays of
/// them convert by themselves.
/// </summary>
public sealed class TokenChoice
{
    private readonly int[]? _ids;
    private readonly string[]? _texts;

    private TokenChoice(int[]? ids, string[]? texts)
    {
        _ids = ids;
        _texts = texts;
    }

    /// <summary>One token for every prompt.</summary>
    /// <param name="id">Its id.</param>
    public static implicit operator TokenChoice(int id) => new([id], null);

    /// <summary>One token for every prompt.</summary>
    /// <param name="text">Its text.</param>
    public static implicit operator TokenChoice(string text) => new(null, [text]);

    /// <summary>A token for each prompt.</summary>
    /// <param name="ids">Their ids.</param>
    public static implicit operator TokenChoice(int[] ids) => new(ids, null);

    /// <summary>A token for each prompt.</summary>
    /// <param name="texts">Their texts.</param>
    public static implicit operator TokenChoice(string[] texts) => new(null, texts);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _texts?.Select(t => $"'{t}'") ?? _ids!.Select(i => $"token {i}"));

    /// <summary>The ids, one a prompt.</summary>
    /// <exception cref="AnalysisException">A text is not one token, an id is none of the vocabulary, or their number is not that of the prompts.</exception>
    internal int[] Resolve(Transformer model, int prompts)
    {
        var ids = _ids ?? Array.ConvertAll(_texts!, text => Single(model, text));
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)model.Config.VocabSize)
                throw new AnalysisException($"Token {id} is not in the vocabulary of {model.Name} (0 to {model.Config.VocabSize - 1}).");
        }

        if (ids.Length != 1 && ids.Length != prompts)
            throw new AnalysisException($"{ids.Length} tokens were given for {prompts} prompts; give one for all or one for each.");
        return ids.Length == prompts ? ids : [.. Enumerable.Repeat(ids[0], prompts)];
    }

    private static int Single(Transformer model, string text)
    {
        var tokenizer = model.RequireTokenizer();
        var ids = tokenizer.ToTokens(text, prependBos: false);
        return ids.Length == 1
            ? ids[0]
            : throw new AnalysisException($"'{text}' is {ids.Length} tokens of {model.Name} ({string.Join(", ", ids.Select(i => $"'{tokenizer.DecodeToken(i)}'"))}); give a text that is one token, or an id.");
    }
}
