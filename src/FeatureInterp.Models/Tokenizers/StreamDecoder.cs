using FeatureInterp.Models.Tokenizers;

namespace FeatureInterp.Models;

/// <summary>
/// Decodes tokens as they come, one after the other. Text is given out as soon as no later token can change it, so that
/// what all calls of <see cref="Push"/> and the last <see cref="Flush"/> return, put together, is what
/// <see cref="Tokenizer.Decode"/> gives for all the tokens at once.
/// </summary>
/// <remarks>
/// Bytes wait. Of byte-level tokens, the beginning of a character waits for its rest. A run of byte tokens
/// (<c>&lt;0xE2&gt;&lt;0x80&gt;…</c>) that is not valid UTF-8 as a whole becomes one U+FFFD per byte, its valid part too, so none of it
/// is certain before another token ends the run. For one thread at a time.
/// </remarks>
public sealed class StreamDecoder
{
    private readonly Tokenizer tokenizer;
    private readonly bool skipSpecialTokens;
    private readonly TextStage text = new();
    private DecoderStage stage;

    internal StreamDecoder(Tokenizer tokenizer, bool skipSpecialTokens)
    {
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
        stage = tokenizer.Parts.Decoder.Open(text);
    }

    /// <summary>Takes one token and returns the text that has become certain: often the token's own, sometimes none, sometimes more.</summary>
    /// <param name="id">The token. One that the vocabulary does not have adds nothing, as in <see cref="Tokenizer.Decode"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is negative.</exception>
    public string Push(int id)
    {
        Accept(id);
        return text.Take();
    }

    /// <summary>Says that no more tokens come and returns what was held back. The decoder then starts afresh.</summary>
    public string Flush()
    {
        stage.Complete();
        stage = tokenizer.Parts.Decoder.Open(text);
        return text.Take();
    }

    internal void Accept(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        if (tokenizer.Vocabulary.Find(id) is not { } token || (skipSpecialTokens && tokenizer.IsSpecial(id)))
            return;
        stage.Append(token);
        stage.EndToken();
    }
}
