namespace FeatureInterp.Models.Tokenizers;

/// <summary>The section <c>added_tokens</c>.</summary>
internal static class AddedTokens
{
    public static List<AddedToken> Read(JsonPart section, BpeFile model)
    {
        List<AddedToken> tokens = [];
        if (section.IsNull)
            return tokens;
        var contentOf = new Dictionary<int, string>();
        var idOf = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var item in section.Items())
        {
            var token = new AddedToken(
                item["id"].Int(0, TokenizerFile.MaxVocabulary - 1),
                item["content"].Text(),
                item["special"].Bool(otherwise: false),
                item["normalized"].Bool(otherwise: false),
                item["single_word"].Bool(otherwise: false),
                item["lstrip"].Bool(otherwise: false),
                item["rstrip"].Bool(otherwise: false));
            var taken = token.Id < model.Tokens.Length ? model.Tokens[token.Id] : null;
            if ((taken is not null && taken != token.Content) || !contentOf.TryAdd(token.Id, token.Content))
                throw item["id"].Bad($"{token.Id}, which \"{taken ?? contentOf[token.Id]}\" has already");
            if ((model.Ids.TryGetValue(token.Content, out var id) && id != token.Id) || !idOf.TryAdd(token.Content, token.Id))
                throw item["content"].Bad($"\"{token.Content}\", which has another id elsewhere in the file");
            tokens.Add(token);
        }

        return tokens;
    }

    /// <summary>The matcher of some added tokens, each found by what <paramref name="spelling"/> says, or null for none.</summary>
    public static AddedTokenMatcher? Matcher(IEnumerable<AddedToken> tokens, Func<AddedToken, string> spelling)
    {
        var spelled = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        foreach (var token in tokens)
        {
            if (spelling(token) is { Length: > 0 } text)
                spelled.TryAdd(text, token);
        }

        return spelled.Count == 0 ? null : new AddedTokenMatcher(spelled);
    }
}
