namespace FeatureInterp.Models.Tokenizers;

/// <summary>One way in which a GGUF file's byte-level tokenizer cuts text.</summary>
/// <param name="Names">The values of <c>tokenizer.ggml.pre</c> that stand for it.</param>
/// <param name="Create">Makes the pre-tokenizer.</param>
/// <param name="Composes">Whether text is brought to NFC first, as these models' <c>tokenizer.json</c> has it (GGUF itself does not say).</param>
/// <param name="IgnoreMerges">Whether a word that is a token is taken whole.</param>
/// <param name="AddsBos">Whether BOS is put in front where the file does not say.</param>
internal sealed record GgufPreTokenizer(string[] Names, Func<IPreTokenizer> Create, bool Composes = false, bool IgnoreMerges = false, bool AddsBos = false);

/// <summary>The ways there are, by the names llama.cpp gave them.</summary>
internal static class GgufPreTokenizers
{
    private static readonly GgufPreTokenizer[] Known =
    [
        new(["default"], Default),
        new(["gpt-2", "phi-2", "olmo", "mpt"], () => new ByteLevelPreTokenizer(addPrefixSpace: false, useRegex: true)),
        new(["gpt-neox"], () => new ByteLevelPreTokenizer(addPrefixSpace: false, useRegex: true), Composes: true),
        new(["smollm", "starcoder", "refact"], () => Sequence(new DigitsPreTokenizer(individual: true), new ByteLevelPreTokenizer(addPrefixSpace: false, useRegex: true))),
        new(["llama-bpe", "llama3", "llama-v3"], () => Words(WordScanners.Llama3), IgnoreMerges: true, AddsBos: true),
        new(["qwen2", "deepseek-r1-qwen"], () => Words(WordScanners.Qwen2), Composes: true),
    ];

    /// <summary>The way the file names.</summary>
    /// <exception cref="TokenizerException">It names one that is not here.</exception>
    public static GgufPreTokenizer Find(GgufVocabulary data)
    {
        var name = data.Pre ?? "default";
        return Array.Find(Known, k => k.Names.Contains(name, StringComparer.Ordinal)) ?? throw new TokenizerException(
            data.Source,
            $"tokenizer.ggml.pre is {name}, which is not supported (supported: {string.Join(", ", Known.SelectMany(k => k.Names))})",
            "use a model whose tokenizer is of a supported kind, or put its tokenizer.json beside it");
    }

    /// <summary>What llama.cpp does with files from before the key was introduced: punctuation, GPT-2's words, digits, digits by threes.</summary>
    private static PreTokenizerSequence Default() => Sequence(
        Split(@"[\p{P}$+<=>^~|]+"),
        new SplitPreTokenizer(new ScannerPattern(WordScanners.Gpt2), SplitBehavior.Isolated),
        Split(@"\p{N}+"),
        Split("[0-9][0-9][0-9]"),
        new ByteLevelPreTokenizer(addPrefixSpace: false, useRegex: false));

    private static SplitPreTokenizer Split(string pattern) => new(new RegexPattern(pattern, "tokenizer.ggml.pre"), SplitBehavior.Isolated);

    private static PreTokenizerSequence Words(WordScanner scanner) => Sequence(
        new SplitPreTokenizer(new ScannerPattern(scanner), SplitBehavior.Isolated), new ByteLevelPreTokenizer(addPrefixSpace: false, useRegex: false));

    private static PreTokenizerSequence Sequence(params IPreTokenizer[] steps) => new(steps);
}
