using FeatureInterp.Models.Tokenizers;

namespace FeatureInterp.Models;

/// <summary>
/// Text to token ids and back, as a Hugging Face <c>tokenizer.json</c> describes it. Safe to use from many threads.
/// </summary>
/// <remarks>
/// The kinds: byte-pair encoding over bytes (GPT-2, NeoX and Pythia, Llama 3, Qwen, SmolLM2) and over characters, with or without byte
/// fallback (Gemma, Mistral, Llama 2). A file that asks for anything else is refused by name. Its <c>truncation</c> and <c>padding</c> are the exception: they are
/// defaults of a call, not of the vocabulary, and are left alone, as <c>transformers</c> does.
/// <code>
/// var tokenizer = Tokenizer.Load("data/models/talegrid-6m");
/// int[] ids = tokenizer.Encode("Once upon a time");      // with the BOS token in front, if the file's template puts it there
/// string text = tokenizer.Decode(ids, skipSpecialTokens: true);
/// </code>
/// </remarks>
public sealed partial class Tokenizer
{
    /// <summary>The one special token of GPT-2's kind, which its files need not name: <c>transformers</c> knows it by the model's kind.</summary>
    private const string EndOfText = "<|endoftext|>";

    private readonly TokenizerParts parts;

    internal Tokenizer(TokenizerParts parts, TokenizerConfig config, string source)
    {
        this.parts = parts;
        Source = source;
        BosId = IdOf("bos_token", config.Bos) ?? SpecialOrNull(parts.PostProcessor?.Leading);
        EosId = IdOf("eos_token", config.Eos) ?? SpecialOrNull(parts.PostProcessor?.Trailing) ?? SpecialOrNull(Vocabulary.Find(EndOfText));
        PadId = IdOf("pad_token", config.Pad);
        UnkId = IdOf("unk_token", config.Unk) ?? parts.Model.UnknownId;
        AddBosToken = config.AddBosToken;
        ModelMaxLength = config.ModelMaxLength;
    }

    /// <summary>The file that was read.</summary>
    public string Source { get; }

    /// <summary>How many tokens there are, added ones included. Ids may have gaps, so the largest can be larger than this.</summary>
    public int VocabSize => Vocabulary.Count;

    /// <summary>Beginning of text: <c>bos_token</c> of <c>tokenizer_config.json</c>, else the special token that the template begins with.</summary>
    public int? BosId { get; }

    /// <summary>
    /// End of text: <c>eos_token</c> of <c>tokenizer_config.json</c>, else the special token that the template ends with, else a special
    /// token <c>&lt;|endoftext|&gt;</c>.
    /// </summary>
    public int? EosId { get; }

    /// <summary>Padding: <c>pad_token</c> of <c>tokenizer_config.json</c>.</summary>
    public int? PadId { get; }

    /// <summary>Unknown: <c>unk_token</c> of <c>tokenizer_config.json</c>, else the model's.</summary>
    public int? UnkId { get; }

    /// <summary>
    /// <c>add_bos_token</c> of <c>tokenizer_config.json</c>, for the record: <see cref="Encode"/> follows the template of
    /// <c>tokenizer.json</c>, and <see cref="ToTokens"/> does what it is told.
    /// </summary>
    public bool? AddBosToken { get; }

    /// <summary><c>model_max_length</c> of <c>tokenizer_config.json</c>, in tokens; null when absent or the library's "no limit" (over 10⁹).</summary>
    public int? ModelMaxLength { get; }

    /// <summary>Whether <see cref="Encode"/> with special tokens puts <see cref="BosId"/> first.</summary>
    public bool PrependsBos => BosId is { } bos && parts.PostProcessor?.Leading == bos;

    internal TokenizerParts Parts => parts;

    internal Vocabulary Vocabulary => parts.Vocabulary;

    /// <summary>Reads <c>tokenizer.json</c> and, where it lies beside it, <c>tokenizer_config.json</c>.</summary>
    /// <param name="folderOrFile">A model's folder, or the path of the <c>tokenizer.json</c> itself.</param>
    /// <exception cref="TokenizerException">A file is missing, too large, damaged, or asks for what this library does not have.</exception>
    public static Tokenizer Load(string folderOrFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(folderOrFile);
        var file = Directory.Exists(folderOrFile) ? Path.Combine(folderOrFile, "tokenizer.json") : folderOrFile;
        var read = TokenizerFile.Read(file);
        var config = TokenizerConfig.ReadIfThere(Path.Combine(Path.GetDirectoryName(file) ?? "", "tokenizer_config.json"));
        return new Tokenizer(read, config, file);
    }

    /// <summary>The ids of a text. Special tokens that are written in it are recognised; a lone surrogate counts as U+FFFD.</summary>
    /// <param name="text">Any text, the empty one too.</param>
    /// <param name="addSpecialTokens">Whether to add what the file's template adds, such as BOS in front.</param>
    public int[] Encode(string text, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. parts.Run(AlignedText.Untracked(text.AsMemory()), new TokenBuffer(withOffsets: false), addSpecialTokens).Ids];
    }

    /// <summary>The ids of a text, their spelling, and where in the text each comes from. Ids as from <see cref="Encode"/>.</summary>
    /// <param name="text">Any text, the empty one too.</param>
    /// <param name="addSpecialTokens">Whether to add what the file's template adds; off, because such tokens come from nowhere in the text.</param>
    public TokenEncoding EncodeWithOffsets(string text, bool addSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokens = parts.Run(AlignedText.Tracked(text), new TokenBuffer(withOffsets: true), addSpecialTokens);
        return new TokenEncoding(tokens.Ids, [.. tokens.Ids.Select((_, i) => tokens.Spelling(i, Vocabulary))], tokens.Offsets);
    }

    /// <summary>
    /// The text of tokens. Bytes that are not UTF-8 become U+FFFD: of a byte-level tokenizer one for each longest beginning of a
    /// character, with byte fallback one for each byte of the run they stand in.
    /// </summary>
    /// <param name="ids">Tokens; those that the vocabulary does not have are passed over, as the reference library does.</param>
    /// <param name="skipSpecialTokens">Whether to leave out the special ones.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is negative.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        var decoder = new StreamDecoder(this, skipSpecialTokens);
        foreach (var id in ids)
            decoder.Accept(id);
        return decoder.Flush();
    }

    /// <summary>The text of one token by itself: what a token strip shows.</summary>
    /// <param name="id">The token.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is negative.</exception>
    public string DecodeToken(int id) => Decode([id]);

    /// <summary>A decoder for tokens that come one at a time.</summary>
    /// <param name="skipSpecialTokens">Whether to leave out the special ones.</param>
    public StreamDecoder CreateStreamDecoder(bool skipSpecialTokens = false) => new(this, skipSpecialTokens);

    /// <summary>The token as the vocabulary spells it.</summary>
    /// <param name="id">A token that the vocabulary has.</param>
    /// <exception cref="ArgumentOutOfRangeException">It has no such token.</exception>
    public string IdToToken(int id) => Vocabulary.Find(id)
        ?? throw new ArgumentOutOfRangeException(nameof(id), id, $"No token has this id in {Source}, which has {VocabSize} tokens.");

    /// <summary>The id of a token spelled as the vocabulary spells it, or null. This does not tokenize: use <see cref="Encode"/> for text.</summary>
    /// <param name="token">The spelling, for example <c>▁the</c>.</param>
    public int? TokenToId(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return Vocabulary.Find(token);
    }

    /// <summary>Whether the token is marked as special; false for an id that has no token.</summary>
    /// <param name="id">Any id.</param>
    public bool IsSpecial(int id) => Vocabulary.IsSpecial(id);

    private int? IdOf(string role, string? name)
    {
        if (name is null)
            return null;
        return Vocabulary.Find(name) ?? throw new TokenizerException(
            Path.Combine(Path.GetDirectoryName(Source) ?? "", "tokenizer_config.json"),
            $"{role} is \"{name}\", which is not among the {VocabSize} tokens of {Path.GetFileName(Source)}",
            "correct the name, or remove the entry if the model does not use it");
    }

    private int? SpecialOrNull(int? id) => id is { } given && IsSpecial(given) ? id : null;
}
