using System.Text.Json;

namespace FeatureInterp.Models.Tokenizers;

/// <summary>
/// The section <c>model</c>, of type BPE: vocabulary and merges are streamed, because they are nearly all of the file.
/// </summary>
internal sealed class BpeFile
{
    private readonly List<Merge> merges = [];
    private readonly string file;
    private BpeOptions options = new(null, false, null, false);

    private BpeFile(string file) => this.file = file;

    /// <summary>The model's tokens by id, null where an id has none.</summary>
    public string?[] Tokens { get; private set; } = [];

    /// <summary>The same, the other way round.</summary>
    public Dictionary<string, int> Ids { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the object that the reader stands on, and leaves the reader at its end.</summary>
    public static BpeFile Read(ref Utf8JsonReader reader, string file)
    {
        var model = new BpeFile(file);
        Utf8JsonReader mergesAt = default;
        bool hasVocabulary = false, hasMerges = false;
        var settings = new Dictionary<string, JsonPart>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if ((name == "vocab" && hasVocabulary) || (name == "merges" && hasMerges) || settings.ContainsKey(name))
                throw model.Bad($"model.{name} stands there twice");
            if (name == "vocab" && reader.TokenType == JsonTokenType.StartObject)
            {
                hasVocabulary = true;
                model.ReadVocabulary(ref reader);
            }
            else if (name == "merges" && reader.TokenType == JsonTokenType.StartArray)
            {
                // They name tokens, so they are read when the vocabulary is known, wherever it stands.
                hasMerges = true;
                mergesAt = reader;
                reader.Skip();
            }
            else
            {
                settings[name] = new JsonPart(JsonElement.ParseValue(ref reader), "model." + name, file);
            }
        }

        // Files of old versions leave the type out.
        var type = settings.Remove("type", out var given) ? given.String() : hasMerges ? "BPE" : "unsaid";
        if (type != "BPE")
            throw new JsonPart(default, "model", file).Unsupported($"a model of type {type}", "BPE");
        if (!hasVocabulary || !hasMerges)
            throw model.Bad($"model.{(hasVocabulary ? "merges" : "vocab")} is missing or of the wrong kind");
        model.ReadMerges(ref mergesAt);
        model.ReadSettings(settings);
        return model;
    }

    /// <summary>The model; <paramref name="toBytes"/> says that its tokens are spelled in the byte alphabet.</summary>
    public BpeModel Build(bool toBytes) => new(Tokens, Ids, merges, options with { ToBytes = toBytes });

    private void ReadVocabulary(ref Utf8JsonReader reader)
    {
        var largest = -1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var token = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var id) || (uint)id >= TokenizerFile.MaxVocabulary)
                throw Bad($"model.vocab gives \"{token}\" an id that is not a whole number from 0 to {TokenizerFile.MaxVocabulary - 1}");
            if (!Ids.TryAdd(token, id))
                throw Bad($"model.vocab has \"{token}\" twice");
            largest = Math.Max(largest, id);
        }

        Tokens = new string?[largest + 1];
        foreach (var (token, id) in Ids)
        {
            if (Tokens[id] is { } other)
                throw Bad($"model.vocab gives id {id} to \"{other}\" and to \"{token}\"");
            Tokens[id] = token;
        }
    }

    private void ReadMerges(ref Utf8JsonReader reader)
    {
        var lookup = Ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var pair = new MergeText();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (!pair.Read(ref reader))
                throw Bad($"model.merges[{merges.Count}] is not two tokens, as \"a b\" or [\"a\", \"b\"]");
            if (!lookup.TryGetValue(pair.Left, out var left) || !lookup.TryGetValue(pair.Right, out var right)
                || !lookup.TryGetValue(pair.Joined, out var result))
            {
                throw Bad($"model.merges[{merges.Count}] joins \"{pair.Left}\" and \"{pair.Right}\", and not all of the two "
                    + "and what they give are in model.vocab");
            }

            merges.Add(new Merge(left, right, result));
        }
    }

    private void ReadSettings(Dictionary<string, JsonPart> settings)
    {
        JsonPart Setting(string name) => settings.Remove(name, out var part) ? part : new JsonPart(default, "model." + name, file);
        foreach (var affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (Setting(affix) is { IsNull: false } part && part.String().Length > 0)
                throw part.Unsupported($"the affix \"{part.String()}\"", "none");
        }

        if (Setting("dropout") is { IsNull: false } dropout && dropout.Number() != 0)
            throw dropout.Unsupported("merges left out at random", "none");
        var unknown = Setting("unk_token");
        int? unknownId = unknown.IsNull ? null
            : Ids.TryGetValue(unknown.String(), out var id) ? id
            : throw unknown.Bad($"\"{unknown.String()}\", which is not in model.vocab");
        options = new BpeOptions(
            unknownId,
            Setting("fuse_unk").Bool(otherwise: false),
            Setting("byte_fallback").Bool(otherwise: false) ? ByteFallback.Ids(Ids, found => Bad("model.byte_fallback is true: " + found)) : null,
            Setting("ignore_merges").Bool(otherwise: false));
        foreach (var (name, part) in settings)
        {
            if (!part.IsNull)
                throw part.Unsupported($"a setting {name}", "those of BPE");
        }
    }

    private TokenizerException Bad(string found) =>
        new(file, found, "the file is damaged or of another kind: fetch it again, or compare it with the model's original");
}
