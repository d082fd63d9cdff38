namespace FeatureInterp.Models;

/// <content>What TransformerLens calls to_tokens and to_str_tokens.</content>
public sealed partial class Tokenizer
{
    /// <summary>
    /// The ids of a text with exactly one BOS put in front of it, or none, whatever the file's template does: TransformerLens's
    /// <c>to_tokens(text, prepend_bos)</c>, for one text and without truncation.
    /// </summary>
    /// <remarks>
    /// <para>The text is taken as it is. If it begins with a written <c>&lt;bos&gt;</c> already, that one is recognised and kept, and
    /// <paramref name="prependBos"/> puts another in front: so does TransformerLens, whose numbers ours must equal. Pass false for
    /// prompts that carry their own, such as rendered chats.</para>
    /// <para>Where the template has no BOS, its spelling is put in front of the text, as TransformerLens does; where there is no BOS
    /// at all, EOS serves (GPT-2, Qwen). An EOS that the template adds stays in either case.</para>
    /// <para>TransformerLens prepends by default, except for GPT-NeoX, Bloom, Qwen 1 to 3 and Phi: a model says which it is.</para>
    /// </remarks>
    /// <param name="text">Any text, the empty one too.</param>
    /// <param name="prependBos">Whether the ids begin with BOS.</param>
    /// <exception cref="TokenizerException">A BOS was asked for, and the tokenizer's files name neither BOS nor EOS.</exception>
    public int[] ToTokens(string text, bool prependBos = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (prependBos && !PrependsBos)
            return Encode(BosSpelling() + text);
        var ids = Encode(text);
        return !prependBos && PrependsBos ? ids[1..] : ids;
    }

    /// <summary>
    /// Each token of <see cref="ToTokens"/> decoded by itself: TransformerLens's <c>to_str_tokens</c>. A token that is part of a
    /// character shows as U+FFFD.
    /// </summary>
    /// <param name="text">Any text, the empty one too.</param>
    /// <param name="prependBos">Whether the first is BOS.</param>
    /// <exception cref="TokenizerException">As <see cref="ToTokens"/>.</exception>
    public IReadOnlyList<string> ToStrTokens(string text, bool prependBos = true) =>
        Array.ConvertAll(ToTokens(text, prependBos), DecodeToken);

    private string BosSpelling() => IdToToken(BosId ?? EosId ?? throw new TokenizerException(
        Source,
        "a BOS token was asked for, and neither a template nor a tokenizer_config.json beside the file names BOS or EOS",
        "put tokenizer_config.json beside it, or pass prependBos: false"));
}
