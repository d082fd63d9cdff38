namespace FeatureInterp.Models.Tokenizers;

/// <summary>The components that a <c>tokenizer.json</c> names, and the way a text takes through them.</summary>
internal sealed class TokenizerParts
{
    public required Vocabulary Vocabulary { get; init; }

    /// <summary>Added tokens that are looked for in the text as written, or null where there are none.</summary>
    public required AddedTokenMatcher? Raw { get; init; }

    /// <summary>Added tokens that are looked for after normalization, or null where there are none.</summary>
    public required AddedTokenMatcher? Normalized { get; init; }

    public required INormalizer? Normalizer { get; init; }

    public required IPreTokenizer? PreTokenizer { get; init; }

    public required BpeModel Model { get; init; }

    public required IPostProcessor? PostProcessor { get; init; }

    public required IDecoder Decoder { get; init; }

    public TokenBuffer Run(AlignedText text, TokenBuffer tokens, bool addSpecialTokens)
    {
        var word = Model.NewWord();
        var pieces = new List<AlignedText>();
        foreach (var plain in Cut(Raw, text, tokens))
        {
            var normalized = Normalizer?.Normalize(plain) ?? plain;
            foreach (var rest in Cut(Normalized, normalized, tokens))
            {
                pieces.Clear();
                if (PreTokenizer is null)
                    pieces.Add(rest);
                else
                    PreTokenizer.Split(rest, pieces);
                foreach (var piece in pieces)
                    Model.Tokenize(piece, word, tokens);
            }
        }

        tokens.MergeWork = word.Work;
        PostProcessor?.Process(tokens, Vocabulary, addSpecialTokens);
        return tokens;
    }

    /// <summary>Hands out the plain text between added tokens, in order, adding those as it passes them.</summary>
    private static IEnumerable<AlignedText> Cut(AddedTokenMatcher? matcher, AlignedText text, TokenBuffer tokens)
    {
        if (matcher is null)
        {
            yield return text;
            yield break;
        }

        foreach (var (token, start, end) in matcher.Split(text.Text))
        {
            if (token is null)
                yield return text.Slice(start, end);
            else
                tokens.AddMatched(token.Id, text, start, end);
        }
    }
}
