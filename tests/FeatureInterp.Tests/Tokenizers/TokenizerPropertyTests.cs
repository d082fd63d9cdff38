using System.Text;
using System.Text.Json.Nodes;
using FeatureInterp.Models;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Tokenizers;

public class TokenizerPropertyTests
{
    private static readonly Tokenizer Tiny = TinyTokenizer.Load();
    private static readonly NaiveBpe NaiveTiny = new(TinyTokenizer.Json());

    /// <summary>Pieces of text that mean something here, and pieces that mean nothing anywhere.</summary>
    private static readonly Gen<string> Piece = Gen.OneOf(
        Gen.Elements("a", "b", "c", "ab", "abc", " ", "  ", "é", "😀", "<bos>", "<eos>", "<bo", "<0x0A>"),
        Gen.Choose(0x20, 0x7E).Select(One),
        Gen.Choose(0x00, 0x1F).Select(One),
        Gen.Choose(0x4E00, 0x9FFF).Select(One),
        Gen.Choose(0x1F600, 0x1F64F).Select(One),
        Gen.Choose(0xA0, 0x2FF).Select(One));

    private static readonly Gen<string> Valid = Text(Piece);

    private static readonly Gen<string> Any = Text(Gen.OneOf(
        Piece, Gen.Elements("▁", "▁▁"), Gen.Choose(0xD800, 0xDFFF).Select(c => ((char)c).ToString())));

    private static readonly Gen<int[]> Ids = Gen.OneOf(Gen.Choose(0, 275), Gen.Choose(4 + 0x80, 4 + 0xF4)).ArrayOf();

    [Fact]
    public void Encode_AnyText_IsWhatTheNaiveOneGives() =>
        Check(Any, text => Tiny.Encode(text, addSpecialTokens: false).SequenceEqual(NaiveTiny.Encode(text)));

    [Fact]
    public void Encode_LongRunsOverRandomMerges_IsWhatTheNaiveOneGives() => Check(
        from json in RandomMerges()
        from length in Gen.Choose(1, 200)
        from alphabet in Gen.Elements("ab", "ab ", "abcd ß😀")
        from letters in Gen.Elements(alphabet.EnumerateRunes().ToArray()).ArrayOf(length)
        select (json, text: string.Concat(letters)),
        sample => TinyTokenizer.FromText(sample.json).Encode(sample.text, addSpecialTokens: false)
            .SequenceEqual(new NaiveBpe(JsonNode.Parse(sample.json)!.AsObject()).Encode(sample.text)));

    [Fact]
    public void Decode_OfEncode_IsTheText() => Check(Valid, text => Tiny.Decode(Tiny.Encode(text, addSpecialTokens: false)) == text);

    [Fact]
    public void Offsets_CoverTheTextInOrder() => Check(Any, text =>
    {
        var encoded = Tiny.EncodeWithOffsets(text);
        var last = default(TokenRange);
        foreach (var range in encoded.Offsets)
        {
            // Each token begins where the one before ended, or is another byte of the same character.
            if (range.End <= range.Start || (range.Start != last.End && range != last))
                return false;
            last = range;
        }

        return last.End == text.EnumerateRunes().Count() && encoded.Ids.SequenceEqual(Tiny.Encode(text, addSpecialTokens: false));
    });

    [Fact]
    public void StreamDecoder_AllItGivesOut_IsDecode() => Check(
        from ids in Ids from skip in Gen.Elements(true, false) select (ids, skip),
        sample =>
        {
            var stream = Tiny.CreateStreamDecoder(sample.skip);
            for (var round = 0; round < 2; round++)
            {
                if (string.Concat(sample.ids.Select(stream.Push)) + stream.Flush() != Tiny.Decode(sample.ids, sample.skip))
                    return false;
            }

            return true;
        });

    [Fact]
    public void StreamDecoder_WhatIsOut_StaysWhateverFollows() => Check(
        from ids in Ids from tail in Ids select (ids, tail),
        sample =>
        {
            var stream = Tiny.CreateStreamDecoder();
            var given = string.Concat(sample.ids.Select(stream.Push));
            return Tiny.Decode([.. sample.ids, .. sample.tail]).StartsWith(given, StringComparison.Ordinal);
        });

    [Fact]
    public void Load_BytesChangedAtRandom_EitherReadsOrThrowsOneException() => Check(
        from places in Gen.Choose(0, int.MaxValue - 1).ArrayOf(2)
        from bytes in Gen.OneOf(Gen.Choose(0, 255), Gen.Elements<int>('"', '{', '}', '[', ']', ',', ':', '0', '9', '-', '\\')).ArrayOf(2)
        select (places, bytes),
        sample =>
        {
            using var folder = new TemporaryFolder();
            var json = Encoding.UTF8.GetBytes(TinyTokenizer.Json().ToJsonString());
            for (var i = 0; i < sample.places.Length; i++)
                json[sample.places[i] % json.Length] = (byte)sample.bytes[i];
            File.WriteAllBytes(folder.PathOf("tokenizer.json"), json);
            try
            {
                var tokenizer = Tokenizer.Load(folder.Path);
                tokenizer.Decode(tokenizer.Encode("abc ß<bos>"));
            }
            catch (TokenizerException)
            {
                return true;
            }

            return true;
        });

    /// <summary>A tokenizer over a, b, c, d, ▁ and two bytes' worth of ß whose merges are drawn at random, tokens of a byte included.</summary>
    private static Gen<string> RandomMerges() =>
        from count in Gen.Choose(1, 30)
        from choices in Gen.Choose(0, int.MaxValue - 1).ArrayOf(count * 2)
        from withBytes in Gen.Elements(true, false, false)
        select Grow(choices, withBytes);

    private static string Grow(int[] choices, bool withBytes)
    {
        var json = TinyTokenizer.Json();
        var vocabulary = json["model"]!["vocab"]!.AsObject();
        var merges = new JsonArray();
        List<string> tokens = ["▁", "a", "b", "c", "d"];
        if (withBytes)
            tokens.AddRange("<0xC3>", "<0x9F>");
        foreach (var pair in choices.Chunk(2))
        {
            string left = tokens[pair[0] % tokens.Count], right = tokens[pair[1] % tokens.Count];
            if ((left + right).Length > 16)
                continue;
            merges.Add(new JsonArray(left, right));
            if (vocabulary.ContainsKey(left + right))
                continue;
            vocabulary[left + right] = vocabulary.Count;
            tokens.Add(left + right);
        }

        if (!vocabulary.ContainsKey("d"))
            vocabulary["d"] = vocabulary.Count;
        json["model"]!["merges"] = merges;
        return json.ToJsonString();
    }

    private static Gen<string> Text(Gen<string> piece) => piece.ArrayOf().Select(string.Concat);

    private static string One(int codePoint) => new Rune(codePoint).ToString();

    private static void Check<T>(Gen<T> samples, Func<T, bool> property) => Prop.ForAll(samples.ToArbitrary(), property)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(120).WithQuietOnSuccess(true).WithReplay(20_250_101, 7));
}
