using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>The prompt of a definition tree: its tokens and where in them the ghost stands.</summary>
/// <param name="Tokens">The token ids, the placeholder's where the ghost stands.</param>
/// <param name="Placeholder">The token that the ghost replaces.</param>
/// <param name="Positions">Where it stands.</param>
internal sealed record GhostPrompt(int[] Tokens, int Placeholder, int[] Positions)
{
    private const int MostTries = 2000;

    /// <exception cref="AnalysisException">The prompt has no place for the ghost, or the placeholder does not stay one token in it.</exception>
    public static GhostPrompt Of(Transformer model, DefinitionTreeOptions options)
    {
        if (options.Placeholder is { } p && (uint)p >= (uint)model.Config.VocabSize)
            throw new AnalysisException($"The placeholder is token {p}, which is not in the vocabulary of {model.Name} (0 to {model.Config.VocabSize - 1}).");
        var prompt = options.PromptTokens is { } given ? OfTokens([.. given], options.Placeholder) : OfText(model, options);
        return prompt.Tokens.Length <= model.Config.ContextLength ? prompt
            : throw new AnalysisException($"The prompt fills the context: it has {prompt.Tokens.Length} tokens, and {model.Name} has {model.Config.ContextLength} positions; shorten it.");
    }

    private static GhostPrompt OfTokens(int[] tokens, int? placeholder)
    {
        if (placeholder is not { } token)
            throw new AnalysisException("The prompt is given as token ids; say in the option Placeholder which of them the ghost replaces.");
        var positions = Find(tokens, token);
        return positions.Length > 0 ? new(tokens, token, positions)
            : throw new AnalysisException($"The prompt of {tokens.Length} tokens does not contain the placeholder, token {token}, so there is no place for the ghost.");
    }

    private static GhostPrompt OfText(Transformer model, DefinitionTreeOptions options)
    {
        const string Mark = DefinitionTreeOptions.GhostMark;
        var marks = options.Prompt.Split(Mark).Length - 1;
        if (marks == 0)
            throw new AnalysisException($"The prompt has no {Mark}, so there is no place for the ghost; write {Mark} where the word to define stands.");
        var tokenizer = model.RequireTokenizer();
        if (options.Placeholder is { } chosen)
        {
            var text = tokenizer.DecodeToken(chosen);
            return Try(chosen, text) ?? throw new AnalysisException(
                $"The placeholder, token {chosen} ('{text}'), does not stay one token in the prompt (its text is split or joined with what stands beside it); choose another, or leave it out.");
        }

        return Candidates(model, tokenizer).Take(MostTries).Select(c => Try(c.Id, c.Text)).FirstOrDefault(found => found is not null)
            ?? throw new AnalysisException($"No token of {model.Name} was found that stays one token in the prompt; name one in the option Placeholder.");

        GhostPrompt? Try(int token, string text)
        {
            if (text.Length == 0)
                return null;
            var tokens = tokenizer.ToTokens(options.Prompt.Replace(Mark, text, StringComparison.Ordinal), model.PrependsBos);
            var positions = Find(tokens, token);
            return positions.Length == marks ? new(tokens, token, positions) : null;
        }
    }

    // Late tokens are rare ones, so little hangs on the word whose place is taken.
    private static IEnumerable<(int Id, string Text)> Candidates(Transformer model, Tokenizer tokenizer) =>
        Enumerable.Range(0, model.Config.VocabSize).Reverse().Select(id => (id, tokenizer.DecodeToken(id)))
            .Where(c => c.Item2.Length is >= 2 and <= 8 && c.Item2.All(char.IsAsciiLetter) && !tokenizer.IsSpecial(c.id));

    private static int[] Find(int[] tokens, int token) => [.. Enumerable.Range(0, tokens.Length).Where(i => tokens[i] == token)];
}
