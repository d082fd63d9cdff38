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
            "Sequence" => new NormalizerSequence(All(part["normalizers"], Normalizer)),
            var type => throw part.Unsupported($"a normalizer of type {type}", "Replace, Prepend, Sequence"),
        };
    }

    public static IPreTokenizer? PreTokenizer(JsonPart part)
    {
        if (part.IsNull)
            return null;
        return part.Type() switch
        {
            "Split" => Split(part),
            "Sequence" => new PreTokenizerSequence(All(part["pretokenizers"], PreTokenizer)),
            var type => throw part.Unsupported($"a pre-tokenizer of type {type}", "Split, Sequence"),
        };
    }

    public static IPostProcessor? PostProcessor(JsonPart part)
    {
        if (part.IsNull)
            return null;
        return part.Type() switch
        {
            "TemplateProcessing" => Template(part),
            var type => throw part.Unsupported($"a post-processor of type {type}", "TemplateProcessing"),
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
            "Strip" => Strip(part),
            "Sequence" => new DecoderSequence(All<IDecoder>(part["decoders"], Decoder)),
            var type => throw part.Unsupported($"a decoder of type {type}", "Replace, ByteFallback, Fuse, Strip, Sequence"),
        };
    }

    private static List<T> All<T>(JsonPart list, Func<JsonPart, T?> make)
        where T : class =>
        [.. list.Items().Select(item => item.IsNull ? throw item.Bad("null, where a component is wanted") : make(item)!)];

    private static SplitPreTokenizer Split(JsonPart part)
    {
        var behavior = part["behavior"];
        if (part["invert"].Bool(otherwise: false))
            throw part["invert"].Unsupported("an inverted split", "false");
        return Enum.TryParse<SplitBehavior>(behavior.String(), out var parsed) && Enum.IsDefined(parsed)
            ? new SplitPreTokenizer(part["pattern"].LiteralPattern(), parsed)
            : throw behavior.Unsupported($"the behaviour {behavior.String()}", string.Join(", ", Enum.GetNames<SplitBehavior>()));
    }

    private static StripDecoder Strip(JsonPart part) => part["content"].String() is [var character]
        ? new StripDecoder(character, part["start"].Int(0, int.MaxValue), part["stop"].Int(0, int.MaxValue))
        : throw part["content"].Bad("not one character");

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
