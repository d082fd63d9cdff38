using System.Text;
using FeatureInterp.Models;
using FeatureInterp.Models.Tokenizers;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Tokenizers;

/// <summary>The tokenizer <c>tiny-bytes</c>: 255 bytes (04 is missing), merges of a, b, c, Ġ, é and others; 269 is &lt;|endoftext|&gt;, 270 three spaces.</summary>
public class ByteLevelTests
{
    private static readonly string Folder = Path.Combine(TinyTokenizer.Folder, "..", "tiny-bytes");
    private static readonly Tokenizer Bytes = Tokenizer.Load(Folder);
    private static readonly Gen<int[]> Ids = Gen.OneOf(Gen.Choose(0, 270), Gen.Choose(0x80, 0xF4)).ArrayOf();

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Elements("a", "b", "c", " ", "  ", "   ", "\n", "'s", "é", "😀", "12", "!!", "<|endoftext|>", "\u0004"),
        Gen.Choose(0, 0x10FFFF).Where(c => c is < 0xD800 or > 0xDFFF).Select(char.ConvertFromUtf32)).ArrayOf().Select(string.Concat);

    [Fact]
    public void Alphabet_EachByte_HasOneCharacterOfItsOwn()
    {
        var characters = Enumerable.Range(0, 256).Select(b => ByteAlphabet.Of((byte)b)).ToArray();
        Assert.Equal(256, characters.Distinct().Count());
        Assert.All(Enumerable.Range(0, 256), b => Assert.Equal(b, ByteAlphabet.ByteOf(characters[b])));
        Assert.Equal(('Ġ', 'Ċ', 'a', '\u0143'), (characters[' '], characters['\n'], characters['a'], characters[0xAD]));
        Assert.Equal(-1, ByteAlphabet.ByteOf(' '));
        Assert.Equal(-1, ByteAlphabet.ByteOf('▁'));
    }

    [Fact]
    public void Decode_OfEncode_IsTheTextWithoutTheMissingByte() =>
        Check(Text, text => Bytes.Decode(Bytes.Encode(text)) == text.Replace("\u0004", "", StringComparison.Ordinal));

    [Fact]
    public void Decode_AnyTokens_IsTheirBytesAsUtf8() => Check(Ids, ids =>
    {
        List<byte> bytes = [];
        foreach (var id in ids.Where(i => i != 4))
        {
            var spelled = Bytes.IdToToken(id);
            bytes.AddRange(id >= 269 ? Encoding.UTF8.GetBytes(spelled) : spelled.Select(c => (byte)ByteAlphabet.ByteOf(c)));
        }

        return Bytes.Decode([.. ids.Where(i => i != 4)]) == Encoding.UTF8.GetString(bytes.ToArray());
    });

    [Fact]
    public void StreamDecoder_AllItGivesOut_IsDecode() => Check(
        from ids in Ids from skip in Gen.Elements(true, false) select (ids, skip),
        sample =>
        {
            var stream = Bytes.CreateStreamDecoder(sample.skip);
            return string.Concat(sample.ids.Select(stream.Push)) + stream.Flush() == Bytes.Decode(sample.ids, sample.skip);
        });

    [Fact]
    public void StreamDecoder_WhatIsOut_StaysWhateverFollows() => Check(
        from ids in Ids from tail in Ids select (ids, tail),
        sample =>
        {
            var stream = Bytes.CreateStreamDecoder();
            var given = string.Concat(sample.ids.Select(stream.Push));
            return Bytes.Decode([.. sample.ids, .. sample.tail]).StartsWith(given, StringComparison.Ordinal);
        });

    [Fact]
    public void EncodeWithOffsets_AnyText_GivesTheIdsOfEncode() => Check(Text, text =>
    {
        var encoded = Bytes.EncodeWithOffsets(text);
        return encoded.Ids.SequenceEqual(Bytes.Encode(text)) && encoded.Offsets.All(o => o.Start >= 0 && o.End >= o.Start && o.End <= text.EnumerateRunes().Count());
    });

    [Fact]
    public void EndOfText_NamedNowhere_IsEosAndServesAsBos()
    {
        Assert.Equal((null, 269), (Bytes.BosId, Bytes.EosId));
        Assert.Equal([269, 'a'], Bytes.ToTokens("a"));
        Assert.Equal(['a'], Bytes.ToTokens("a", prependBos: false));
        Assert.Equal(["<|endoftext|>", " ab", "\uFFFD", "\uFFFD"], Bytes.ToStrTokens(" abß"));
    }

    private static void Check<T>(Gen<T> samples, Func<T, bool> property) => Prop.ForAll(samples.ToArbitrary(), property)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(80).WithQuietOnSuccess(true).WithReplay(20_250_103, 7));
}
