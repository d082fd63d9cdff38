using System.Text.Json;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>Reads a <c>tokenizer.json</c>: hostile input until proven otherwise.</summary>
internal static class TokenizerFile
{
    /// <summary>Ids are below this: several times the largest vocabulary known (about a million).</summary>
    public const int MaxVocabulary = 1 << 22;

    private static readonly string[] Known =
        ["version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder"];

    public static TokenizerParts Read(string file)
    {
        var json = JsonText.ReadFile(file);
        return JsonText.Guard(file, () => Read(json.Span, file));
    }

    private static TokenizerParts Read(ReadOnlySpan<byte> json, string file)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonText.MaxDepth });
        BpeFile? model = null;
        var sections = new Dictionary<string, JsonPart>(StringComparer.Ordinal);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new TokenizerException(file, "the file is not a JSON object", "give a tokenizer.json as Hugging Face writes it");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (sections.ContainsKey(name))
                throw new TokenizerException(file, $"{name} stands there twice", "the file is damaged: fetch it again");
            if (name == "model" && reader.TokenType == JsonTokenType.StartObject)
            {
                model = BpeFile.Read(ref reader, file);
                sections[name] = new JsonPart(default, name, file);
            }
            else
            {
                sections[name] = new JsonPart(JsonElement.ParseValue(ref reader), name, file);
            }
        }

        if (reader.Read())
            throw new JsonException("there is something behind the object's end");
        if (model is null)
            throw new TokenizerException(file, "model is missing", "give a tokenizer.json as Hugging Face writes it");
        sections.Remove("model");
        foreach (var (name, part) in sections)
        {
            if (!Known.Contains(name, StringComparer.Ordinal) && !part.IsNull)
                throw part.Unsupported($"a component {name}", string.Join(", ", Known) + ", model");
        }

        JsonPart Section(string name) => sections.TryGetValue(name, out var part) ? part : new JsonPart(default, name, file);
        return Assemble(model, Section);
    }

    private static TokenizerParts Assemble(BpeFile model, Func<string, JsonPart> section)
    {
        var normalizer = Components.Normalizer(section("normalizer"));
        var added = AddedTokens.Read(section("added_tokens"), model);
        var vocabulary = new Vocabulary(model.Tokens, model.Ids, added);
        var postProcessor = Components.PostProcessor(section("post_processor"));
        foreach (var id in postProcessor?.Ids ?? [])
        {
            if (vocabulary.Find(id) is null)
                throw section("post_processor").Bad($"a template with id {id}, which no token has");
        }

        var preTokenizer = Components.PreTokenizer(section("pre_tokenizer"));
        return new TokenizerParts
        {
            Vocabulary = vocabulary,
            Raw = AddedTokens.Matcher(added.Where(t => !t.Normalized), t => t.Content),
            Normalized = AddedTokens.Matcher(added.Where(t => t.Normalized), t => Normalize(normalizer, t.Content)),
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Model = model.Build(preTokenizer?.ToBytes ?? false),
            PostProcessor = postProcessor,
            Decoder = Components.Decoder(section("decoder")),
        };
    }

    private static string Normalize(INormalizer? normalizer, string content) => normalizer is null
        ? content
        : normalizer.Normalize(AlignedText.Untracked(content.AsMemory())).Text.ToString();
}
