using System.Text.Json.Nodes;
using FeatureInterp.Models;

namespace FeatureInterp.Tests.Tokenizers;

/// <summary>The flags of added tokens, on texts of a, b, c and spaces; 300 is the token in question.</summary>
public class AddedTokenTests
{
    [Fact]
    public void StripLeft_TakesTheSpaceBefore()
    {
        var encoded = With("lstrip").EncodeWithOffsets("a  <x> b");
        Assert.Equal([261, 300, 260, 262], encoded.Ids);
        Assert.Equal(new TokenRange(1, 6), encoded.Offsets[1]);
    }

    [Fact]
    public void StripRight_TakesTheSpaceBehind()
    {
        var encoded = With("rstrip").EncodeWithOffsets("a <x> \n b");
        Assert.Equal([261, 260, 300, 262], encoded.Ids);
        Assert.Equal(new TokenRange(2, 8), encoded.Offsets[2]);
    }

    [Fact]
    public void StripBoth_TwoInARow_ShareTheSpaceWithoutOverlap()
    {
        var encoded = With("lstrip", "rstrip").EncodeWithOffsets("<x>  <x>");
        Assert.Equal([new(0, 5), new TokenRange(5, 8)], encoded.Offsets);
    }

    [Theory]
    [InlineData("<x>", true)]
    [InlineData("a <x> b", true)]
    [InlineData("a<x>", false)]
    [InlineData("<x>b", false)]
    [InlineData("<x>_", false)]
    [InlineData("é<x>", false)]
    [InlineData("😀<x>.", true)]
    [InlineData("<x>\u0301", false)]
    [InlineData("<x>\u24B6", false)]
    public void SingleWord_IsFoundOnlyBetweenOtherThanWordCharacters(string text, bool found) =>
        Assert.Equal(found, With("single_word").Encode(text).Contains(300));

    [Fact]
    public void Normalized_IsFoundAfterNormalization()
    {
        // Looked for as a▁c in the normalized text; a token that is not normalized is looked for as it is written.
        var late = TinyTokenizer.With(j => j["added_tokens"]!.AsArray().Add(TinyTokenizer.Added(300, "a c", "normalized")));
        var encoded = late.EncodeWithOffsets("ba cb a▁c");
        Assert.Equal([262, 300, 262, 260, 300], encoded.Ids);
        Assert.Equal([new(0, 1), new(1, 4), new(4, 5), new(5, 6), new TokenRange(6, 9)], encoded.Offsets);
        var early = TinyTokenizer.With(j => j["added_tokens"]!.AsArray().Add(TinyTokenizer.Added(300, "a c")));
        Assert.Equal([300, 267, 260, 263], early.Encode("a c a▁c", addSpecialTokens: false));
    }

    [Fact]
    public void Longest_OfTwoAtOnePlace_Wins()
    {
        var tokenizer = TinyTokenizer.With(j =>
        {
            j["added_tokens"]!.AsArray().Add(TinyTokenizer.Added(300, "<x>"));
            j["added_tokens"]!.AsArray().Add(TinyTokenizer.Added(301, "<x><y>"));
        });
        Assert.Equal([2, 301, 300, 300], tokenizer.Encode("<x><y><x><x>"));
    }

    [Fact]
    public void NotSpecial_IsRecognisedAndNotSkipped()
    {
        var tokenizer = With();
        Assert.Equal([2, 261, 300], tokenizer.Encode("a<x>"));
        Assert.Equal("a<x>", tokenizer.Decode([2, 261, 300], skipSpecialTokens: true));
        Assert.Equal(272, tokenizer.VocabSize);
    }

    [Fact]
    public void NoAddedTokens_NothingIsRecognised()
    {
        var tokenizer = TinyTokenizer.With(j => j["added_tokens"] = new JsonArray());
        Assert.DoesNotContain(2, tokenizer.Encode("<bos>", addSpecialTokens: false));
    }

    private static Tokenizer With(params string[] flags) =>
        TinyTokenizer.With(j => j["added_tokens"]!.AsArray().Add(TinyTokenizer.Added(300, "<x>", flags)));
}
