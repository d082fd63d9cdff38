using System.Text.Json.Nodes;
using FeatureInterp.Models;
using FeatureInterp.Models.Tokenizers;

namespace FeatureInterp.Tests.Tokenizers;

/// <summary>Tokenizers from what a GGUF file would say, against those of the tokenizer.json that says the same.</summary>
public class GgufTokenizerTests
{
    private static readonly string[] Texts = ["", " ", "abc", " abc ab", "  abab\n", "a<eos>b", "aß😀é 12 345", "<|endoftext|> 'sab!!", "\u0004 ab"];

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("phi-2")]
    public void Gpt2_TinyVocabulary_IsItsTokenizerJson(string pre)
    {
        var json = Json("tiny-bytes");
        json["added_tokens"]!.AsArray().RemoveAt(1);
        Same(TinyTokenizer.FromText(json.ToJsonString()), GgufTokenizer.Build(ByteLevel(json) with { Pre = pre }));
    }

    [Fact]
    public void Smollm_TinyVocabulary_CutsDigitsOneByOne()
    {
        var json = Json("tiny-bytes");
        json["added_tokens"]!.AsArray().RemoveAt(1);
        Assert.Equal(['a', '1', '2'], GgufTokenizer.Build(ByteLevel(json) with { Pre = "smollm" }).Encode("a12"));
        Assert.Equal(['a', 267], GgufTokenizer.Build(ByteLevel(json) with { Pre = "gpt-2" }).Encode("a12"));
        Assert.Equal(['a', 267], GgufTokenizer.Build(ByteLevel(json) with { Pre = "default" }).Encode("a12"));
        Assert.Equal([268], GgufTokenizer.Build(ByteLevel(json) with { Pre = "llama-bpe", Special = new() { AddBos = false } }).Encode("cab"));
    }

    [Fact]
    public void Llama_TinyVocabulary_MergesByScore()
    {
        // Scores in the order of tiny's merges: ab, ▁a, ▁ab, abc, ▁▁.
        var tiny = Json("tiny");
        Same(TinyTokenizer.FromText(tiny.ToJsonString()), GgufTokenizer.Build(SentencePiece(tiny, prefix: false)));
        var prefixed = TinyTokenizer.With(j =>
        {
            j["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""");
            j["decoder"]!["decoders"]!.AsArray().Add(JsonNode.Parse("""{"type":"Strip","content":" ","start":1,"stop":0}"""));
        });
        Same(prefixed, GgufTokenizer.Build(SentencePiece(tiny, prefix: null)));
    }

    [Fact]
    public void Bos_SaidOrNot_IsPutInFrontAsThePreWouldHaveIt()
    {
        var bytes = ByteLevel(Json("tiny-bytes"));
        int[] Encode(string pre, bool? addBos) =>
            GgufTokenizer.Build(bytes with { Pre = pre, Special = new(Bos: 269, Eos: 269, AddBos: addBos) }).Encode("a");
        Assert.Equal(['a'], Encode("gpt-2", null));
        Assert.Equal([269, 'a'], Encode("gpt-2", true));
        Assert.Equal([269, 'a'], Encode("llama-bpe", null));
        Assert.Equal(['a'], Encode("llama-bpe", false));
        Assert.Equal(269, GgufTokenizer.Build(bytes with { Pre = "gpt-2", Special = new(Bos: 269) }).BosId);
        var eos = GgufTokenizer.Build(bytes with { Pre = "gpt-2", Special = new(Eos: 269, AddEos: true) });
        Assert.Equal(['a', 269], eos.Encode("a"));
    }

    [Fact]
    public void UserDefinedTokens_AreRecognisedAndNotSkipped()
    {
        var json = Json("tiny");
        var types = TypesOf(json);
        types[269] = (int)GgufTokenType.UserDefined;
        var tokenizer = GgufTokenizer.Build(SentencePiece(json, prefix: false) with { Types = types });
        Assert.Equal([269, 261], tokenizer.Encode("abca", addSpecialTokens: false));
        Assert.False(tokenizer.IsSpecial(269));
        Assert.True(tokenizer.IsSpecial(2));
    }

    public static TheoryData<string, string> Wrong() => new()
    {
        { "kind", "tokenizer.ggml.model is bert, which is not supported (supported: gpt2, llama)" },
        { "pre", "tokenizer.ggml.pre is tekken, which is not supported (supported: default, gpt-2" },
        { "llama pre", "tokenizer.ggml.pre is smollm, which model llama does not have" },
        { "no tokens", "tokenizer.ggml.tokens has 0 entries" },
        { "types", "tokenizer.ggml.token_type has 1 entries for 271 tokens" },
        { "type", "tokenizer.ggml.token_type[0] is 9" },
        { "scores", "tokenizer.ggml.scores has 1 entries for 271 tokens" },
        { "merge", "tokenizer.ggml.merges[0] is \"a\"" },
        { "merge of unknown", "tokenizer.ggml.merges[0] is \"a zz\"" },
        { "bos", "tokenizer.ggml.bos_token_id is 271" },
        { "bytes", "<0xE2> is not in the vocabulary" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void Build_SomethingWrong_SaysWhat(string what, string found)
    {
        GgufVocabulary bytes = ByteLevel(Json("tiny-bytes")), pieces = SentencePiece(Json("tiny"), prefix: null);
        var data = what switch
        {
            "kind" => bytes with { Kind = "bert" },
            "pre" => bytes with { Pre = "tekken" },
            "llama pre" => pieces with { Pre = "smollm" },
            "no tokens" => bytes with { Tokens = [], Types = [] },
            "types" => bytes with { Types = [1] },
            "type" => bytes with { Types = [9, .. bytes.Types.Skip(1)] },
            "scores" => pieces with { Scores = [1] },
            "merge" => bytes with { Merges = ["a"] },
            "merge of unknown" => bytes with { Merges = ["a zz"] },
            "bos" => bytes with { Special = new(Bos: 271) },
            _ => pieces with { Tokens = [.. pieces.Tokens.Select(t => t == "<0xE2>" ? "x" : t)] },
        };
        var error = Assert.Throws<TokenizerException>(() => GgufTokenizer.Build(data));
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
        Assert.Equal("a.gguf", error.File);
    }

    [Theory]
    [InlineData("smollm2", "smollm")]
    [InlineData("gpt2", "gpt-2")]
    [InlineData("llama3.1", "llama-bpe")]
    [InlineData("qwen2.5", "qwen2")]
    [InlineData("mistral-7b", null)]
    [InlineData("gemma2", null)]
    public void Golden_EveryCase_GivesTheIdsOfItsTokenizerJson(string name, string? pre)
    {
        TokenizerGoldens.SkipUnlessThere();
        var json = TokenizerGoldens.Json(name);
        var data = pre is null ? SentencePiece(json, prefix: name != "gemma2") : ByteLevel(json) with { Pre = pre, Special = new() };
        var tokenizer = GgufTokenizer.Build(data);
        foreach (var golden in TokenizerGoldens.Read(name + ".cases.json").GetProperty("cases").EnumerateArray())
        {
            var text = golden.GetProperty("text").GetString()!;
            var ids = golden.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()).ToArray();
            Assert.Equal(ids, tokenizer.Encode(text, addSpecialTokens: false));
            Assert.Equal(golden.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
        }
    }

    private static void Same(Tokenizer wanted, Tokenizer found)
    {
        foreach (var text in Texts)
        {
            var encoded = wanted.EncodeWithOffsets(text);
            Assert.Equal(encoded.Ids, found.EncodeWithOffsets(text).Ids);
            Assert.Equal(encoded.Offsets, found.EncodeWithOffsets(text).Offsets);
            Assert.Equal(wanted.Encode(text), found.Encode(text));
            Assert.Equal(wanted.Decode([.. encoded.Ids]), found.Decode([.. encoded.Ids]));
        }
    }

    private static GgufVocabulary ByteLevel(JsonObject json) => new("a.gguf", "gpt2", TokensOf(json))
    {
        Types = TypesOf(json),
        Merges = [.. MergesOf(json).Select(m => m.Left + " " + m.Right)],
    };

    /// <summary>A token's score is minus the rank of the first merge that gives it; tokens of one repeated character are all equal, as Gemma's are.</summary>
    private static GgufVocabulary SentencePiece(JsonObject json, bool? prefix)
    {
        var tokens = TokensOf(json);
        var rank = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (left, right) in MergesOf(json))
            rank.TryAdd(left + right, IsRun(left + right) && json["model"]!["vocab"]!.AsObject().Count > 200_000 ? -1 : rank.Count);
        var special = json["post_processor"]!["special_tokens"]!.AsObject().First().Value!["ids"]![0]!;
        return new GgufVocabulary("a.gguf", "llama", tokens)
        {
            Types = TypesOf(json),
            Scores = [.. tokens.Select(t => rank.TryGetValue(t, out var r) ? -(float)r : -1e6f)],
            AddSpacePrefix = prefix,
            Special = new(Bos: (int)special, Unknown: (int)json["model"]!["vocab"]!["<unk>"]!),
        };
    }

    private static bool IsRun(string token) => token[0] is '\n' or '\t' or '▁' && token.AsSpan().IndexOfAnyExcept(token[0]) < 0;

    private static string[] TokensOf(JsonObject json)
    {
        var vocabulary = json["model"]!["vocab"]!.AsObject();
        var added = json["added_tokens"]!.AsArray();
        var tokens = new string[1 + Math.Max(vocabulary.Max(t => (int)t.Value!), added.Max(t => (int)t!["id"]!))];
        Array.Fill(tokens, "");
        foreach (var (token, id) in vocabulary)
            tokens[(int)id!] = token;
        foreach (var token in added)
            tokens[(int)token!["id"]!] = (string)token["content"]!;
        for (var i = 0; i < tokens.Length; i++)
            tokens[i] = tokens[i].Length == 0 ? $"[PAD{i}]" : tokens[i];
        return tokens;
    }

    private static int[] TypesOf(JsonObject json)
    {
        var types = TokensOf(json).Select(t => (int)(t.StartsWith("[PAD", StringComparison.Ordinal) ? GgufTokenType.Unused
            : t.StartsWith("<0x", StringComparison.Ordinal) ? GgufTokenType.Byte : GgufTokenType.Normal)).ToArray();
        foreach (var token in json["added_tokens"]!.AsArray())
            types[(int)token!["id"]!] = (int)(token["special"]?.GetValue<bool>() == true ? GgufTokenType.Control : GgufTokenType.UserDefined);
        return types;
    }

    private static IEnumerable<(string Left, string Right)> MergesOf(JsonObject json) => json["model"]!["merges"]!.AsArray().Select(m =>
        m is JsonArray pair ? ((string)pair[0]!, (string)pair[1]!) : (m!.GetValue<string>().Split(' ')[0], m.GetValue<string>().Split(' ')[1]));

    private static JsonObject Json(string name) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(TinyTokenizer.Folder, "..", name, "tokenizer.json")))!.AsObject();
}
