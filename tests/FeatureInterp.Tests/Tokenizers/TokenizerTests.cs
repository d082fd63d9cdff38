using FeatureInterp.Models;

namespace FeatureInterp.Tests.Tokenizers;

public class TokenizerTests
{
    private static readonly Tokenizer Tiny = TinyTokenizer.Load();

    public static TheoryData<string, int[]> Cases() => new()
    {
        { "", [] },

        // a b c: a+b has rank 0, then ab+c.
        { "abc", [269] },
        { "abab", [266, 266] },

        // ▁ a b c: a+b first; of ▁+ab (rank 5) and ab+c (rank 3) the second is done, and ▁+abc is no merge.
        { " abc", [260, 269] },

        // ▁ a b: a+b first, then ▁+ab.
        { " ab", [268] },

        // ▁ ▁ a: ▁+a (rank 1) before ▁+▁ (rank 4).
        { "  a", [260, 267] },

        // Of two equal pairs the left one: ▁▁ ▁, not ▁ ▁▁.
        { "   ", [270, 260] },

        // ß is not in the vocabulary: its UTF-8 is C3 9F.
        { "aß", [261, 4 + 0xC3, 4 + 0x9F] },
        { "aéb", [261, 264, 262] },
        { "😀b", [265, 262] },
        { "\0\n", [4, 4 + 0x0A] },

        // A lone surrogate is U+FFFD: EF BF BD.
        { "a\uD83Db", [261, 4 + 0xEF, 4 + 0xBF, 4 + 0xBD, 262] },

        // Special tokens are recognised, and nothing merges across them.
        { "a<bos>b<eos>", [261, 2, 262, 1] },
        { "<bos", [4 + '<', 262, 4 + 'o', 4 + 's'] },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Encode_TextTokenizedByHand_GivesItsIds(string text, int[] ids)
    {
        Assert.Equal(ids, Tiny.Encode(text, addSpecialTokens: false));
        Assert.Equal([2, .. ids], Tiny.Encode(text));
        Assert.Equal(ids, Tiny.EncodeWithOffsets(text).Ids);
    }

    [Fact]
    public void EncodeWithOffsets_CountsCodePointsAndNamesTokens()
    {
        // Code points: 😀 0, space 1, a 2, b 3, ß 4, <bos> 5–9, c 10.
        var encoded = Tiny.EncodeWithOffsets("😀 abß<bos>c", addSpecialTokens: true);
        Assert.Equal(["<bos>", "😀", "▁ab", "<0xC3>", "<0x9F>", "<bos>", "c"], encoded.Tokens);
        Assert.Equal([new(0, 0), new(0, 1), new(1, 4), new(4, 5), new(4, 5), new(5, 10), new TokenRange(10, 11)], encoded.Offsets);
    }

    [Fact]
    public void Decode_BytesThatAreUtf8_AreTheirText() =>
        Assert.Equal("aß b", Tiny.Decode([261, 4 + 0xC3, 4 + 0x9F, 260, 262]));

    [Fact]
    public void Decode_RunOfBytesWithOneWrong_IsOneReplacementCharacterPerByte() =>
        Assert.Equal("a\uFFFD\uFFFD\uFFFDb", Tiny.Decode([261, 4 + 0xC3, 4 + 0x9F, 4 + 0xFF, 262]));

    [Fact]
    public void Decode_SpecialTokens_AreKeptOrSkipped()
    {
        Assert.Equal("<bos>a<eos>", Tiny.Decode([2, 261, 1]));
        Assert.Equal("a", Tiny.Decode([2, 261, 1], skipSpecialTokens: true));
    }

    [Fact]
    public void Decode_IdWithoutToken_IsPassedOver() => Assert.Equal("ab", Tiny.Decode([261, 5_000_000, 262]));

    [Fact]
    public void Decode_NegativeId_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => Tiny.Decode([261, -1]));

    [Fact]
    public void DecodeToken_HalfACharacter_IsAReplacementCharacter() => Assert.Equal("\uFFFD", Tiny.DecodeToken(4 + 0xC3));

    [Fact]
    public void Load_FolderOrFile_IsTheSame()
    {
        var fromFile = Tokenizer.Load(Path.Combine(TinyTokenizer.Folder, "tokenizer.json"));
        Assert.Equal(Tiny.Source, fromFile.Source);
        Assert.Equal((2, 1, 0, 3), (fromFile.BosId, fromFile.EosId, fromFile.PadId, fromFile.UnkId));
    }

    [Fact]
    public void Tokens_ByIdAndByName_AreEachOthersInverse()
    {
        Assert.Equal(271, Tiny.VocabSize);
        Assert.Equal("▁ab", Tiny.IdToToken(268));
        Assert.Equal(268, Tiny.TokenToId("▁ab"));
        Assert.Null(Tiny.TokenToId(" ab"));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tiny.IdToToken(271));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tiny.IdToToken(-1));
    }

    [Fact]
    public void IsSpecial_OnlyMarkedTokens()
    {
        Assert.True(Tiny.IsSpecial(2));
        Assert.False(Tiny.IsSpecial(261));
        Assert.False(Tiny.IsSpecial(-1));
        Assert.False(Tiny.IsSpecial(100_000));
    }

    [Fact]
    public void Encode_FromManyThreads_GivesTheSameIds()
    {
        var text = string.Concat(Enumerable.Repeat("abc ab <bos>ß  aab", 200));
        var wanted = Tiny.Encode(text);
        var found = new int[16][];
        Parallel.For(0, found.Length, i => found[i] = Tiny.Encode(text));
        Assert.All(found, ids => Assert.Equal(wanted, ids));
    }
}
