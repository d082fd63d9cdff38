namespace FeatureInterp.Models;

/// <summary>
/// What a run is given: texts, or token ids. Texts are tokenized with the model's beginning-of-sequence token in front where
/// TransformerLens does so for the family (<see cref="Transformer.PrependsBos"/>); token ids are taken as they are. A text, an array of texts, an array of ids and an
/// array of such arrays convert by themselves.
/// </summary>
public sealed class Prompts
{
    private readonly string[]? _texts;
    private readonly int[][]? _tokens;

    private Prompts(string[]? texts, int[][]? tokens)
    {
        _texts = texts;
        _tokens = tokens;
    }

    /// <summary>One text.</summary>
    /// <param name="text">The prompt.</param>
    public static implicit operator Prompts(string text) => new([text], null);

    /// <summary>Several texts.</summary>
    /// <param name="texts">The prompts.</param>
    public static implicit operator Prompts(string[] texts) => new(texts, null);

    /// <summary>One prompt's token ids.</summary>
    /// <param name="tokens">The ids.</param>
    public static implicit operator Prompts(int[] tokens) => new(null, [tokens]);

    /// <summary>Several prompts' token ids.</summary>
    /// <param name="tokens">The ids, a list a prompt.</param>
    public static implicit operator Prompts(int[][] tokens) => new(null, tokens);

    /// <summary>The token ids, checked against a model.</summary>
    internal int[][] Tokenize(Transformer model)
    {
        var tokens = _tokens ?? Array.ConvertAll(_texts!, text => model.RequireTokenizer().ToTokens(text, model.PrependsBos));
        if (tokens.Length == 0)
            throw new PromptException("There is no prompt; give at least one.");
        for (var p = 0; p < tokens.Length; p++)
            Check(tokens[p], p, model);
        return tokens;
    }

    private static void Check(int[] tokens, int prompt, Transformer model)
    {
        if (tokens.Length == 0)
            throw new PromptException($"Prompt {prompt} is empty: a model needs at least one token, such as the beginning-of-sequence token.");
        if (tokens.Length > model.Config.ContextLength)
            throw new PromptException($"Prompt {prompt} has {tokens.Length} tokens, more than the {model.Config.ContextLength} that {model.Name} has positions for; shorten it.");
        var bad = Array.FindIndex(tokens, t => (uint)t >= (uint)model.Config.VocabSize);
        if (bad >= 0)
            throw new PromptException($"Token {tokens[bad]} at position {bad} of prompt {prompt} is not in the vocabulary of {model.Name} (0 to {model.Config.VocabSize - 1}); were these ids made with another tokenizer?");
    }
}

/// <summary>A prompt cannot be run. The message says which one, what is wrong with it and what to do.</summary>
public sealed class PromptException : Exception
{
    /// <summary>Says what is wrong.</summary>
    /// <param name="message">One sentence.</param>
    public PromptException(string message)
        : base(message)
    {
    }
}
