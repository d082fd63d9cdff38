using System.Security.Cryptography;
using System.Text.Json;
using FeatureInterp.Models;

namespace FeatureInterp.Tests.Tokenizers;

/// <summary>Every case of the reference library (tokenizers 0.23.3) for eight tokenizers.</summary>
public class TokenizerGoldenTests
{
    public static TheoryData<string> Names() => ["embedded", "gemma2", "mistral-7b", "gpt2", "neox-20b", "llama3.1", "qwen2.5", "smollm2"];

    [Theory, MemberData(nameof(Names))]
    public void Encode_EveryCase_GivesTheSameIdsTokensAndOffsets(string name)
    {
        TokenizerGoldens.SkipUnlessThere();
        var tokenizer = TokenizerGoldens.Tokenizer(name);
        EachCase(name, "cases", (golden, where) =>
        {
            var text = golden.GetProperty("text").GetString()!;
            Same(Ints(golden, "ids"), tokenizer.Encode(text, addSpecialTokens: false), where + " ids");
            Same(Ints(golden, "ids_special"), tokenizer.Encode(text), where + " ids_special");
            var encoded = tokenizer.EncodeWithOffsets(text);
            Same(Ints(golden, "ids"), encoded.Ids, where + " ids with offsets");
            Same(Strings(golden, "tokens"), encoded.Tokens, where + " tokens");
            Same(golden.GetProperty("offsets").EnumerateArray().Select(o => new TokenRange(o[0].GetInt32(), o[1].GetInt32())),
                encoded.Offsets, where + " offsets");
        });
    }

    [Theory, MemberData(nameof(Names))]
    public void Decode_EveryCase_GivesTheSameText(string name)
    {
        TokenizerGoldens.SkipUnlessThere();
        var tokenizer = TokenizerGoldens.Tokenizer(name);
        EachCase(name, "cases", (golden, where) =>
        {
            int[] ids = Ints(golden, "ids"), special = Ints(golden, "ids_special");
            Same(golden.GetProperty("decoded").GetString()!, tokenizer.Decode(ids), where + " decoded");
            Same(golden.GetProperty("decoded_skip").GetString()!, tokenizer.Decode(ids, skipSpecialTokens: true), where + " decoded_skip");
            Same(Strings(golden, "decoded_each"), ids.Select(tokenizer.DecodeToken), where + " decoded_each");
            if (!golden.TryGetProperty("decoded_special", out var decoded))
                return;
            Same(decoded.GetString()!, tokenizer.Decode(special), where + " decoded_special");
            Same(golden.GetProperty("decoded_special_skip").GetString()!, tokenizer.Decode(special, skipSpecialTokens: true),
                where + " decoded_special_skip");
        });
    }

    [Theory, MemberData(nameof(Names))]
    public void Decode_IdsInNoSensibleOrder_GivesTheSameText(string name)
    {
        TokenizerGoldens.SkipUnlessThere();
        var tokenizer = TokenizerGoldens.Tokenizer(name);
        EachCase(name, "decode_cases", (golden, where) =>
        {
            var ids = Ints(golden, "ids");
            foreach (var (skip, property) in new[] { (false, "decoded"), (true, "decoded_skip") })
            {
                var wanted = golden.GetProperty(property).GetString()!;
                Same(wanted, tokenizer.Decode(ids, skip), $"{where} {property}");
                var stream = tokenizer.CreateStreamDecoder(skip);
                Same(wanted, string.Concat(ids.Select(stream.Push)) + stream.Flush(), $"{where} {property} streamed");
            }
        });
    }

    [Theory, MemberData(nameof(Names))]
    public void Encode_SliceOfABook_GivesTheSameIds(string name)
    {
        TokenizerGoldens.SkipUnlessThere();
        var tokenizer = TokenizerGoldens.Tokenizer(name);
        var slice = TokenizerGoldens.Read("slice.json");
        var range = Ints(slice, "byte_range");
        var text = TokenizerGoldens.Corpus(slice.GetProperty("file").GetString()!, range[0], range[1]);
        var wanted = slice.GetProperty("tokenizers").GetProperty(name);
        var ids = tokenizer.Encode(text, addSpecialTokens: false);
        Assert.Equal(wanted.GetProperty("count").GetInt32(), ids.Length);
        Assert.Equal(Ints(wanted, "first"), ids[..8]);
        Assert.Equal(Ints(wanted, "last"), ids[^8..]);
        var bytes = new byte[ids.Length * 4];
        for (var i = 0; i < ids.Length; i++)
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * 4), ids[i]);
        Assert.Equal(wanted.GetProperty("sha256_int32_le").GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        Assert.Equal(wanted.GetProperty("decodes_to_text").GetBoolean(), tokenizer.Decode(ids) == text);
    }

    [Theory, MemberData(nameof(Names))]
    public void VocabSize_IsTheLibrarys(string name)
    {
        TokenizerGoldens.SkipUnlessThere();
        var wanted = TokenizerGoldens.Read(name + ".cases.json").GetProperty("vocab_size").GetInt32();
        Assert.Equal(wanted, TokenizerGoldens.Tokenizer(name).VocabSize);
    }

    private static void EachCase(string name, string list, Action<JsonElement, string> check)
    {
        var cases = TokenizerGoldens.Read(name + ".cases.json").GetProperty(list);
        Assert.NotEqual(0, cases.GetArrayLength());
        var index = 0;
        foreach (var golden in cases.EnumerateArray())
            check(golden, $"{name} {list}[{index++}]");
    }

    private static void Same<T>(IEnumerable<T> wanted, IEnumerable<T> found, string where)
    {
        if (!wanted.SequenceEqual(found))
            Assert.Fail($"{where}: wanted {string.Join('|', wanted)}, found {string.Join('|', found)}");
    }

    private static int[] Ints(JsonElement golden, string property) =>
        [.. golden.GetProperty(property).EnumerateArray().Select(i => i.GetInt32())];

    private static string[] Strings(JsonElement golden, string property) =>
        [.. golden.GetProperty(property).EnumerateArray().Select(s => s.GetString()!)];
}
