namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// Makes the components that a <c>tokenizer.json</c> names by type. A type that is not in a list here is refused by name.
/// </summary>
internal static class Components
{
    public static INormalizer? Normalizer(JsonPart part)
    {
        if (part.IsNull)
            return null;
        return part.Type() switch
        {
            "Replace" => new ReplaceNormalizer(part["pattern"].LiteralPattern(), part["content"].String()),
            "Prepend" => new PrependNormalizer(part["prepend"].String()),
            "NFC" => new CanonicalNormalizer(compose: true),
            "NFD" => new CanonicalNormalizer(compose: false),
            "Strip" => new StripNormalizer(part["strip_left"].Bool(otherwise: true), part["strip_right"].Bool(otherwise: true)),
            "Sequence" => new NormalizerSequence(All(part["normalizers"], Normalizer)),
            var type => throw part.Unsupported($"a normalizer of type {type}", "Replace, Prepend, NFC, NFD, Strip, Sequence"),
        };
    }

    public static IPreTokenizer? PreTokenizer(JsonPart part)
    {
        if (part.IsNull)
            return null;
        return part.Type() switch
        {
            "Split" => Split(part),
            "ByteLevel" => new ByteLevelPreTokenizer(part["add_prefix_space"].Bool(otherwise: true), part["use_regex"].Bool(otherwise: true)),
            "Digits" => new DigitsPreTokenizer(part["individual_digits"].Bool(otherwise: false)),
            "Metaspace" => new MetaspacePreTokenizer(part["replacement"].Character(), Scheme(part), part["split"].Bool(otherwise: true)),
            "Sequence" => PreTokenizers(part),
            var type => throw part.Unsupported($"a pre-tokenizer of type {type}", "Split, ByteLevel, Digits, Metaspace, Sequence"),
        };
    }

    public static IPostProcessor? PostProcessor(JsonPart part)
    {
        if (part.IsNull)
            return null;
        return part.Type() switch
        {
            "TemplateProcessing" => Template(part),
            "ByteLevel" => new ByteLevelPostProcessor(part["trim_offsets"].Bool(otherwise: true), part["add_prefix_space"].Bool(otherwise: true)),
            "Sequence" => new PostProcessorSequence(All(part["processors"], PostProcessor)),
            var type => throw part.Unsupported($"a post-processor of type {type}", "TemplateProcessing, ByteLevel, Sequence"),
        };
    }

    public static IDecoder Decoder(JsonPart part)
    {
        if (part.IsNull)
            return new SpacedDecoder();
        return part.Type() switch
        {
            "Replace" => new ReplaceDecoder(part["pattern"].LiteralPattern(), part["content"].String()),
            "ByteFallback" => new ByteFallbackDecoder(),
            "Fuse" => new FuseDecoder(),
            "Strip" => new StripDecoder(part["content"].Character(), part["start"].Int(0, int.MaxValue), part["stop"].Int(0, int.MaxValue)),
            "ByteLevel" => new ByteLevelDecoder(),
            "Metaspace" => new MetaspaceDecoder(part["replacement"].Character(), Scheme(part)),
            "Sequence" => new DecoderSequence(All<IDecoder>(part["decoders"], Decoder)),
            var type => throw part.Unsupported($"a decoder of type {type}", "Replace, ByteFallback, Fuse, Strip, ByteLevel, Metaspace, Sequence"),
        };
    }

    private static List<T> All<T>(JsonPart list, Func<JsonPart, T?> make)
        where T : class =>
        [.. list.Items().Select(item => item.IsNull ? throw item.Bad("null, where a component is wanted") : make(item)!)];

    private static SplitPreTokenizer Split(JsonPart part)
    {
        var behavior = part["behavior"];
        return Enum.TryParse<SplitBehavior>(behavior.String(), out var parsed) && Enum.IsDefined(parsed)
            ? new SplitPreTokenizer(part["pattern"].Pattern(), parsed, part["invert"].Bool(otherwise: false))
            : throw behavior.Unsupported($"the behaviour {behavior.String()}", string.Join(", ", Enum.GetNames<SplitBehavior>()));
    }

    private static PreTokenizerSequence PreTokenizers(JsonPart part)
    {
        var list = part["pretokenizers"];
        var steps = All(list, PreTokenizer);
        return steps.SkipLast(1).Any(s => s.ToBytes)
            ? throw list.Unsupported("a pre-tokenizer behind ByteLevel", "ByteLevel as the last one")
            : new PreTokenizerSequence(steps);
    }

    /// <summary>Files of old versions say <c>add_prefix_space</c>.</summary>
    private static PrependScheme Scheme(JsonPart part)
    {
        var scheme = part["prepend_scheme"];
        if (scheme.IsNull)
            return part["add_prefix_space"].Bool(otherwise: true) ? PrependScheme.Always : PrependScheme.Never;
        return scheme.String() switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            var other => throw scheme.Unsupported($"the scheme {other}", "always, first, never"),
        };
    }

    private static TemplateProcessing Template(JsonPart part)
    {
        List<int> before = [], after = [];
        var inText = false;
        foreach (var piece in part["single"].Items())
        {
            if (piece["SpecialToken"] is { IsNull: false } special)
            {
                var ids = part["special_tokens"][special["id"].String()]["ids"];
                (inText ? after : before).AddRange(ids.Items().Select(id => id.Int(0, TokenizerFile.MaxVocabulary - 1)));
            }
            else if (piece["Sequence"]["id"].String() == "A" && !inText)
            {
                inText = true;
            }
            else
            {
                throw piece.Bad("not the one sequence A of a single text");
            }
        }

        return inText ? new TemplateProcessing([.. before], [.. after]) : throw part["single"].Bad("a template without the sequence A");
    }
}
