namespace FeatureInterp.Models.Tokenizers;

/// <summary>What a GGUF file says of its tokenizer, its keys <c>tokenizer.ggml.*</c>, as plain data.</summary>
/// <param name="Source">The file, for messages.</param>
/// <param name="Kind"><c>model</c>: <c>gpt2</c> for byte-level BPE, <c>llama</c> for SentencePiece's BPE.</param>
/// <param name="Tokens"><c>tokens</c>: their spelling, by id.</param>
internal sealed record GgufVocabulary(string Source, string Kind, IReadOnlyList<string> Tokens)
{
    /// <summary><c>pre</c>: the name of the way text is cut into words; null or "default" where the file does not say.</summary>
    public string? Pre { get; init; }

    /// <summary><c>token_type</c>, or empty: then all are <see cref="GgufTokenType.Normal"/>.</summary>
    public IReadOnlyList<int> Types { get; init; } = [];

    /// <summary><c>scores</c>: of two possible merges the one whose result has the higher score comes first. Only for <c>llama</c>.</summary>
    public IReadOnlyList<float> Scores { get; init; } = [];

    /// <summary><c>merges</c>, as "a b", in order of rank. Only for <c>gpt2</c>.</summary>
    public IReadOnlyList<string> Merges { get; init; } = [];

    /// <summary>The ids with a role.</summary>
    public GgufSpecialTokens Special { get; init; } = new();

    /// <summary><c>add_space_prefix</c>: whether a text is tokenized as though a space stood before it; true by default. Only for <c>llama</c>.</summary>
    public bool? AddSpacePrefix { get; init; }
}

/// <summary>The ids with a role, and which of them go around a text.</summary>
/// <param name="Bos"><c>bos_token_id</c>.</param>
/// <param name="Eos"><c>eos_token_id</c>.</param>
/// <param name="Unknown"><c>unknown_token_id</c>.</param>
/// <param name="Padding"><c>padding_token_id</c>.</param>
/// <param name="AddBos"><c>add_bos_token</c>; where it is missing, true for <c>llama</c> and for Llama 3's.</param>
/// <param name="AddEos"><c>add_eos_token</c>; where it is missing, false.</param>
internal sealed record GgufSpecialTokens(
    int? Bos = null, int? Eos = null, int? Unknown = null, int? Padding = null, bool? AddBos = null, bool? AddEos = null);

/// <summary>The values of <c>token_type</c>.</summary>
internal enum GgufTokenType
{
    /// <summary>An ordinary token.</summary>
    Normal = 1,

    /// <summary>The one for what has no token.</summary>
    Unknown = 2,

    /// <summary>A special token, recognised where it is written out.</summary>
    Control = 3,

    /// <summary>A token that is recognised where it is written out and is text all the same.</summary>
    UserDefined = 4,

    /// <summary>A place in the table that is not used.</summary>
    Unused = 5,

    /// <summary>One byte of a character that has no token.</summary>
    Byte = 6,
}
