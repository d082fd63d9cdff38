namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// The merges of a SentencePiece vocabulary, which has none written down: any two tokens merge whose spellings together are a token,
/// and the higher the score of that, the earlier. Among equals the longer left half comes first, then the longer right one: the order in
/// which Hugging Face's conversion writes them into <c>tokenizer.json</c>.
/// </summary>
internal static class ScoredMerges
{
    public static List<Merge> Of(GgufVocabulary data, Dictionary<string, int> ids)
    {
        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        List<(float Score, int Left, int Right, Merge Merge)> found = [];
        for (var result = 0; result < data.Tokens.Count; result++)
        {
            var token = data.Tokens[result].AsSpan();
            if (ids[data.Tokens[result]] != result || !IsText(data, result) || float.IsNaN(data.Scores[result]))
                continue;
            for (var cut = 1; cut < token.Length; cut++)
            {
                if (!char.IsLowSurrogate(token[cut]) && lookup.TryGetValue(token[..cut], out var left) && lookup.TryGetValue(token[cut..], out var right)
                    && IsText(data, left) && IsText(data, right))
                {
                    found.Add((data.Scores[result], cut, token.Length - cut, new Merge(left, right, result)));
                }
            }
        }

        return [.. found.OrderByDescending(m => m.Score).ThenByDescending(m => m.Left).ThenByDescending(m => m.Right).Select(m => m.Merge)];
    }

    private static bool IsText(GgufVocabulary data, int id) =>
        data.Types.Count == 0 || (GgufTokenType)data.Types[id] is GgufTokenType.Normal or GgufTokenType.UserDefined;
}
