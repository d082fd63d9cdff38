using System.Text.Json.Nodes;
using FeatureInterp.Models.Tokenizers;

namespace FeatureInterp.Tests.Tokenizers;

public class TokenizerComponentTests
{
    [Theory]
    [InlineData(SplitBehavior.Removed, "the|final|countdown")]
    [InlineData(SplitBehavior.Isolated, "the|-|final|-|-|countdown")]
    [InlineData(SplitBehavior.MergedWithPrevious, "the-|final-|-|countdown")]
    [InlineData(SplitBehavior.MergedWithNext, "the|-final|-|-countdown")]
    [InlineData(SplitBehavior.Contiguous, "the|-|final|--|countdown")]
    internal void Split_EachBehaviour_CutsAsItsNameSays(SplitBehavior behavior, string pieces) =>
        Assert.Equal(pieces, Cut(new SplitPreTokenizer(new LiteralPattern("-"), behavior), "the-final--countdown"));

    [Theory]
    [InlineData(SplitBehavior.Removed, "a")]
    [InlineData(SplitBehavior.Isolated, "-|-|a|-")]
    [InlineData(SplitBehavior.MergedWithPrevious, "-|-|a-")]
    [InlineData(SplitBehavior.MergedWithNext, "-|-a|-")]
    [InlineData(SplitBehavior.Contiguous, "--|a|-")]
    internal void Split_MatchesAtTheEnds_GiveNoEmptyPieces(SplitBehavior behavior, string pieces) =>
        Assert.Equal(pieces, Cut(new SplitPreTokenizer(new LiteralPattern("-"), behavior), "--a-"));

    [Fact]
    public void PreTokenizerSequence_CutsThePiecesOfTheOneBefore() => Assert.Equal(
        "a-|b|.|c",
        Cut(new PreTokenizerSequence([new SplitPreTokenizer(new LiteralPattern("-"), SplitBehavior.MergedWithPrevious), new SplitPreTokenizer(new LiteralPattern("."), SplitBehavior.Isolated)]), "a-b.c"));

    [Fact]
    public void Replace_LongerThanThePattern_StandsForItsLastCharacter()
    {
        // xaby: ab (1, 2) becomes PQR, all of it standing for b.
        var text = new ReplaceNormalizer("ab", "PQR").Normalize(AlignedText.Tracked("xaby"));
        Assert.Equal("xPQRy", text.Text.ToString());
        Assert.Equal((0, 1), Range(text, 0, 1));
        Assert.Equal((2, 3), Range(text, 1, 4));
        Assert.Equal((3, 4), Range(text, 4, 5));
    }

    [Fact]
    public void Replace_ByNothing_LeavesTheRestWhereItWas()
    {
        var text = new ReplaceNormalizer("ab", "").Normalize(AlignedText.Tracked("ab😀ab"));
        Assert.Equal("😀", text.Text.ToString());
        Assert.Equal((2, 3), Range(text, 0, 2));
    }

    [Fact]
    public void Prepend_StandsForTheFirstCharacterAndLeavesNothingAsItIs()
    {
        var text = new PrependNormalizer("▁▁").Normalize(AlignedText.Tracked("ab"));
        Assert.Equal("▁▁ab", text.Text.ToString());
        Assert.Equal((0, 1), Range(text, 0, 3));
        Assert.Equal(0, new PrependNormalizer("▁").Normalize(AlignedText.Tracked("")).Length);
    }

    [Theory]
    [InlineData(1, 0, "  a b  ", " a b  ")]
    [InlineData(1, 2, "  a b  ", " a b")]
    [InlineData(0, 9, "   ", "")]
    [InlineData(9, 9, "   ", "")]
    [InlineData(9, 1, "", "")]
    public void Strip_TakesAtMostSoMany(int start, int stop, string token, string left) =>
        Assert.Equal(left, Decode(new StripDecoder(' ', start, stop), token));

    [Fact]
    public void Strip_WithoutFuse_IsForEachToken_AndAfterFuseForAllOfThem()
    {
        var strip = new StripDecoder(' ', 1, 0);
        Assert.Equal("ab", Decode(strip, " a", " b"));
        Assert.Equal("a b", Decode(new DecoderSequence([new FuseDecoder(), strip]), " a", " b"));
    }

    [Theory]
    [InlineData("<0x0a>", "\n")]
    [InlineData("<0xg0>", "<0xg0>")]
    [InlineData("<0x0A0>", "<0x0A0>")]
    [InlineData("<0x0A", "<0x0A")]
    public void ByteFallback_OnlyTokensOfThatFormAreBytes(string token, string text) =>
        Assert.Equal(text, Decode(new ByteFallbackDecoder(), token));

    [Fact]
    public void ReplaceDecoder_LongPatternAfterFuse_MatchesAcrossTokens() => Assert.Equal(
        "a-b", Decode(new DecoderSequence([new FuseDecoder(), new ReplaceDecoder("__", "-")]), "a_", "_b"));

    [Fact]
    public void NoDecoder_PutsSpacesBetweenTokens()
    {
        var tokenizer = TinyTokenizer.With(j => j["decoder"] = null);
        Assert.Equal("a ▁ab c", tokenizer.Decode([261, 268, 263]));
    }

    [Fact]
    public void OldFiles_WithoutTypeAndWithMergesAsStringsBeforeTheVocabulary_Load()
    {
        var tokenizer = TinyTokenizer.With(j =>
        {
            var model = j["model"]!.AsObject();
            var merges = model["merges"]!.AsArray().Select(m => $"{m![0]} {m[1]}").ToArray();
            model.Remove("type");
            model.Remove("merges");
            model.Insert(0, "merges", new JsonArray([.. merges.Select(m => (JsonNode)m)]));
        });
        Assert.Equal([2, 260, 269], tokenizer.Encode(" abc"));
    }

    [Fact]
    public void NoByteFallback_UnknownCharactersAreFusedOrNotOrVanish()
    {
        static int[] Encode(bool fuse, string? unknown) => TinyTokenizer.With(j =>
        {
            j["model"]!["byte_fallback"] = false;
            j["model"]!["fuse_unk"] = fuse;
            j["model"]!["unk_token"] = unknown;
        }).Encode("aßßb", addSpecialTokens: false);

        Assert.Equal([261, 3, 262], Encode(fuse: true, "<unk>"));
        Assert.Equal([261, 3, 3, 262], Encode(fuse: false, "<unk>"));

        // With neither, nothing stands between a and b.
        Assert.Equal([266], Encode(fuse: false, null));
    }

    [Fact]
    public void IgnoreMerges_TakesAPieceThatIsATokenWhole()
    {
        // ▁▁ab is no merge's result of anything; as a whole piece it is looked up.
        var tokenizer = TinyTokenizer.With(j =>
        {
            j["model"]!["vocab"]!["cab"] = 271;
            j["model"]!["ignore_merges"] = true;
        });
        Assert.Equal([271], tokenizer.Encode("cab", addSpecialTokens: false));
        Assert.Equal([260, 263, 266], tokenizer.Encode(" cab", addSpecialTokens: false));
    }

    [Fact]
    public void MergeTwice_TheLaterRankCounts()
    {
        // a+b again at the end: in " ab" ▁+a (rank 1) now comes first, then ▁a+b; in "abc" nothing changes.
        var tokenizer = TinyTokenizer.With(j => j["model"]!["merges"]!.AsArray().Add(new JsonArray("a", "b")));
        Assert.Equal([268, 263], tokenizer.Encode(" abc", addSpecialTokens: false));
    }

    [Fact]
    public void ByteMissing_ThatNoTextNeeds_Loads()
    {
        var tokenizer = TinyTokenizer.With(j =>
        {
            // As in Gemma 2: no byte token for an ASCII character that is itself a token. F5 is not used by UTF-8.
            j["model"]!["vocab"]!.AsObject().Remove("<0x61>");
            j["model"]!["vocab"]!.AsObject().Remove("<0xF5>");
        });
        Assert.Equal([2, 261], tokenizer.Encode("a"));
    }

    private static string Cut(IPreTokenizer preTokenizer, string text)
    {
        List<AlignedText> pieces = [];
        preTokenizer.Split(AlignedText.Tracked(text), pieces);
        return string.Join('|', pieces.Select(p => p.Text.ToString()));
    }

    private static string Decode(IDecoder decoder, params string[] tokens)
    {
        var text = new TextStage();
        var stage = decoder.Open(text);
        foreach (var token in tokens)
        {
            stage.Append(token);
            stage.EndToken();
        }

        stage.Complete();
        return text.Take();
    }

    private static (int Start, int End) Range(AlignedText text, int start, int end)
    {
        var range = text.Origin(start, end);
        return (range.Start, range.End);
    }
}
