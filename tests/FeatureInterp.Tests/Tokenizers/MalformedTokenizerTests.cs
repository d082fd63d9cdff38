using System.Text.Json.Nodes;
using FeatureInterp.Models;
using FeatureInterp.Models.Tokenizers;

namespace FeatureInterp.Tests.Tokenizers;

/// <summary>One row per way in which a tokenizer.json can be wrong or of another kind: what the message must say of it.</summary>
public class MalformedTokenizerTests
{
    private static readonly Dictionary<string, (Action<JsonObject> Change, string Found)> Changes = new(StringComparer.Ordinal)
    {
        ["WordPiece"] = (j => j["model"]!["type"] = "WordPiece", "model of type WordPiece"),
        ["Unigram"] = (j => j["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 0, ["vocab"] = new JsonArray() }, "model of type Unigram"),
        ["no type, no merges"] = (j => j["model"] = new JsonObject { ["vocab"] = new JsonObject() }, "model of type unsaid"),
        ["no model"] = (j => j.Remove("model"), "model is missing"),
        ["model null"] = (j => j["model"] = null, "model is missing"),
        ["no vocab"] = (j => Model(j).Remove("vocab"), "model.vocab is missing"),
        ["no merges"] = (j => Model(j).Remove("merges"), "model.merges is missing"),
        ["vocab a list"] = (j => Model(j)["vocab"] = new JsonArray(), "model.vocab is missing or of the wrong kind"),
        ["normalizer"] = (j => j["normalizer"]!["type"] = "NFKC", "normalizer of type NFKC"),
        ["normalizer inside"] = (j => j["normalizer"] = Sequence("normalizers", "Lowercase"), "normalizer.normalizers[0] asks for a normalizer of type Lowercase"),
        ["normalizer without type"] = (j => j["normalizer"] = new JsonObject(), "normalizer.type is missing"),
        ["regex replace"] = (j => j["normalizer"]!["pattern"] = new JsonObject { ["Regex"] = " +" }, "normalizer.pattern asks for a pattern that is not a literal"),
        ["empty pattern"] = (j => j["normalizer"]!["pattern"]!["String"] = "", "normalizer.pattern.String is an empty string"),
        ["pre-tokenizer"] = (j => j["pre_tokenizer"]!["type"] = "UnicodeScripts", "pre-tokenizer of type UnicodeScripts"),
        ["regex split"] = (j => j["pre_tokenizer"]!["pattern"] = new JsonObject { ["Regex"] = "a\\b" }, "pre_tokenizer.pattern.Regex asks for the escape \\b"),
        ["empty regex"] = (j => j["pre_tokenizer"]!["pattern"] = new JsonObject { ["Regex"] = "" }, "pre_tokenizer.pattern.Regex is an empty string"),
        ["split behaviour"] = (j => j["pre_tokenizer"]!["behavior"] = "Sideways", "behaviour Sideways"),
        ["behind ByteLevel"] = (j => j["pre_tokenizer"] = Sequence("pretokenizers", "ByteLevel", "Digits"), "a pre-tokenizer behind ByteLevel"),
        ["metaspace"] = (j => j["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "ab" }, "pre_tokenizer.replacement is not one character"),
        ["metaspace scheme"] = (j => j["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "_", ["prepend_scheme"] = "last" }, "the scheme last"),
        ["post-processor"] = (j => j["post_processor"]!["type"] = "BertProcessing", "post-processor of type BertProcessing"),
        ["template id"] = (j => Bos(j)["ids"] = new JsonArray(9999), "template with id 9999"),
        ["template id negative"] = (j => Bos(j)["ids"] = new JsonArray(-1), "ids[0] is -1"),
        ["template without its token"] = (j => j["post_processor"]!["special_tokens"] = new JsonObject(), "<bos> is missing"),
        ["template without text"] = (j => j["post_processor"]!["single"] = new JsonArray(), "without the sequence A"),
        ["template with pair"] = (j => j["post_processor"]!["single"]![1]!["Sequence"]!["id"] = "B", "not the one sequence A"),
        ["decoder"] = (j => j["decoder"] = new JsonObject { ["type"] = "WordPiece" }, "decoder of type WordPiece"),
        ["decoder inside"] = (j => j["decoder"]!["decoders"]![1]!["type"] = "CTC", "decoder.decoders[1] asks for a decoder of type CTC"),
        ["decoder null inside"] = (j => j["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray((JsonNode?)null) }, "normalizers[0] is null"),
        ["strip"] = (j => j["decoder"] = new JsonObject { ["type"] = "Strip", ["content"] = "ab", ["start"] = 1, ["stop"] = 0 }, "decoder.content is not one character"),
        ["unknown section"] = (j => j["quantizer"] = "x", "a component quantizer"),
        ["unknown setting"] = (j => Model(j)["sampler"] = "x", "a setting sampler"),
        ["dropout"] = (j => Model(j)["dropout"] = 0.1, "model.dropout asks for merges left out at random"),
        ["prefix"] = (j => Model(j)["continuing_subword_prefix"] = "##", "affix \"##\""),
        ["suffix"] = (j => Model(j)["end_of_word_suffix"] = "</w>", "affix \"</w>\""),
        ["unk not there"] = (j => Model(j)["unk_token"] = "[UNK]", "model.unk_token is \"[UNK]\""),
        ["fuse_unk"] = (j => Model(j)["fuse_unk"] = 1, "model.fuse_unk is 1"),
        ["byte missing"] = (j => Vocab(j).Remove("<0xE2>"), "<0xE2> is not in the vocabulary"),
        ["duplicate id"] = (j => Vocab(j)["b"] = 261, "gives id 261 to \"a\" and to \"b\""),
        ["negative id"] = (j => Vocab(j)["b"] = -1, "gives \"b\" an id that is not a whole number"),
        ["huge id"] = (j => Vocab(j)["b"] = TokenizerFile.MaxVocabulary, "gives \"b\" an id that is not a whole number"),
        ["id beyond int"] = (j => Vocab(j)["b"] = 1L << 40, "gives \"b\" an id that is not a whole number"),
        ["id a string"] = (j => Vocab(j)["b"] = "262", "gives \"b\" an id that is not a whole number"),
        ["merge of unknown"] = (j => Merges(j).Add(new JsonArray("a", "z")), "model.merges[6] joins \"a\" and \"z\""),
        ["merge into unknown"] = (j => Merges(j).Add(new JsonArray("c", "c")), "model.merges[6] joins \"c\" and \"c\""),
        ["merge of three"] = (j => Merges(j).Add(new JsonArray("a", "b", "c")), "model.merges[6] is not two tokens"),
        ["merge of one"] = (j => Merges(j).Add("ab"), "model.merges[6] is not two tokens"),
        ["merge with two spaces"] = (j => Merges(j).Add("a b c"), "model.merges[6] is not two tokens"),
        ["merge a number"] = (j => Merges(j).Add(7), "model.merges[6] is not two tokens"),
        ["added not a list"] = (j => j["added_tokens"] = new JsonObject(), "added_tokens is {}"),
        ["added id negative"] = (j => Added(j).Add(TinyTokenizer.Added(-5, "<x>")), "added_tokens[4].id is -5"),
        ["added id taken by model"] = (j => Added(j).Add(TinyTokenizer.Added(261, "<x>")), "added_tokens[4].id is 261, which \"a\" has"),
        ["added id twice"] = (j => { Added(j).Add(TinyTokenizer.Added(300, "<x>")); Added(j).Add(TinyTokenizer.Added(300, "<y>")); }, "added_tokens[5].id is 300, which \"<x>\" has"),
        ["added content twice"] = (j => { Added(j).Add(TinyTokenizer.Added(300, "<x>")); Added(j).Add(TinyTokenizer.Added(301, "<x>")); }, "added_tokens[5].content is \"<x>\", which has another id"),
        ["added content of model"] = (j => Added(j).Add(TinyTokenizer.Added(300, "a")), "added_tokens[4].content is \"a\", which has another id"),
        ["added empty"] = (j => Added(j).Add(TinyTokenizer.Added(300, "")), "added_tokens[4].content is an empty string"),
        ["added flag"] = (j => Added(j)[0]!["special"] = "yes", "added_tokens[0].special is \"yes\""),
    };

    public static TheoryData<string> Names() => [.. Changes.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Load_SomethingWrong_SaysWhat(string name)
    {
        var (change, found) = Changes[name];
        var error = Assert.Throws<TokenizerException>(() => TinyTokenizer.With(change));
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
        Assert.EndsWith("tokenizer.json", error.File, StringComparison.Ordinal);
        Assert.NotEmpty(error.Remedy);
    }

    [Fact]
    public void Load_CutShortAnywhere_Throws()
    {
        var text = TinyTokenizer.Json().ToJsonString();
        for (var length = 0; length < text.Length; length += 37)
            Assert.Throws<TokenizerException>(() => TinyTokenizer.FromText(text[..length]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("3")]
    [InlineData("\0\0\0\0")]
    [InlineData("{\"model\": {\"type\": \"BPE\", \"vocab\": {\"\\ud800\": 0}, \"merges\": []}}")]
    public void Load_NotATokenizer_Throws(string text) => Assert.Throws<TokenizerException>(() => TinyTokenizer.FromText(text));

    [Fact]
    public void Load_SomethingBehindTheEnd_Throws() =>
        Assert.Throws<TokenizerException>(() => TinyTokenizer.FromText(TinyTokenizer.Json().ToJsonString() + "{}"));

    [Theory]
    [InlineData("\"vocab\":{\"a\":0,\"a\":1}", "\"a\" twice")]
    [InlineData("\"vocab\":{},\"vocab\":{}", "model.vocab stands there twice")]
    public void Load_ModelWithTheSameNameTwice_Throws(string vocabulary, string found)
    {
        var error = Assert.Throws<TokenizerException>(() =>
            TinyTokenizer.FromText("{\"model\": {\"type\": \"BPE\", " + vocabulary + ", \"merges\": []}}"));
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SectionTwice_Throws()
    {
        var text = TinyTokenizer.Json().ToJsonString();
        var error = Assert.Throws<TokenizerException>(() => TinyTokenizer.FromText(text[..^1] + ",\"decoder\":null}"));
        Assert.Contains("decoder stands there twice", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_InvalidUtf8_Throws()
    {
        using var folder = new TemporaryFolder();
        var text = File.ReadAllBytes(Path.Combine(TinyTokenizer.Folder, "tokenizer.json"));
        text[text.AsSpan().IndexOf("é"u8)] = 0xFF;
        File.WriteAllBytes(folder.PathOf("tokenizer.json"), text);
        Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder.Path));
    }

    [Fact]
    public void Load_DeeplyNested_Throws()
    {
        var deep = new string('[', 100_000) + new string(']', 100_000);
        Assert.Throws<TokenizerException>(() => TinyTokenizer.FromText($$"""{"normalizer": {{deep}}}"""));
    }

    [Fact]
    public void Load_HugeFile_IsRefusedUnread()
    {
        using var folder = new TemporaryFolder();
        using (var huge = File.Create(folder.PathOf("tokenizer.json")))
            huge.SetLength(JsonText.MaxBytes + 1L);
        var error = Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder.Path));
        Assert.Contains($"{JsonText.MaxBytes + 1L} bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NothingThere_NamesThePath()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder.Path));
        Assert.StartsWith(folder.PathOf("tokenizer.json"), error.Message, StringComparison.Ordinal);
        Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder.PathOf("no/such/folder")));
    }

    private static JsonObject Model(JsonObject json) => json["model"]!.AsObject();

    private static JsonObject Vocab(JsonObject json) => Model(json)["vocab"]!.AsObject();

    private static JsonArray Merges(JsonObject json) => Model(json)["merges"]!.AsArray();

    private static JsonArray Added(JsonObject json) => json["added_tokens"]!.AsArray();

    private static JsonObject Bos(JsonObject json) => json["post_processor"]!["special_tokens"]!["<bos>"]!.AsObject();

    private static JsonObject Sequence(string list, params string[] types) =>
        new() { ["type"] = "Sequence", [list] = new JsonArray([.. types.Select(t => new JsonObject { ["type"] = t })]) };
}
