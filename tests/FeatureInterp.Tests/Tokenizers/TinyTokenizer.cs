using System.Text.Json.Nodes;
using FeatureInterp.Models;

namespace FeatureInterp.Tests.Tokenizers;

/// <summary>
/// A tokenizer of the Gemma kind, small enough to tokenize by hand. Ids: 0–3 pad, eos, bos, unk; 4–259 the bytes (4 + value);
/// then ▁ 260, a 261, b 262, c 263, é 264, 😀 265, ab 266, ▁a 267, ▁ab 268, abc 269, ▁▁ 270.
/// Merges by rank: a+b, ▁+a, ▁a+b, ab+c, ▁+▁, ▁+ab.
/// </summary>
internal static class TinyTokenizer
{
    public static string Folder { get; } = Repository.Fixture("Tokenizers", "tiny");

    public static Tokenizer Load() => Tokenizer.Load(Folder);

    public static JsonObject Json() => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "tokenizer.json")))!.AsObject();

    /// <summary>Loads the tokenizer with something changed, without a configuration beside it.</summary>
    public static Tokenizer With(Action<JsonObject> change, string? config = null)
    {
        var json = Json();
        change(json);
        return FromText(json.ToJsonString(), config);
    }

    public static Tokenizer FromText(string text, string? config = null)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", text);
        if (config is not null)
            folder.Write("tokenizer_config.json", config);
        return Tokenizer.Load(folder.Path);
    }

    /// <summary>An entry for <c>added_tokens</c>; flags by name.</summary>
    public static JsonObject Added(int id, string content, params string[] flags)
    {
        var token = new JsonObject { ["id"] = id, ["content"] = content };
        foreach (var flag in flags)
            token[flag] = true;
        return token;
    }
}
