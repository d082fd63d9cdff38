using FeatureInterp.Models;

namespace FeatureInterp.Tests.Tokenizers;

/// <summary>BOS as TransformerLens puts it.</summary>
public class TokenizerLensTests
{
    private static readonly Tokenizer Tiny = TinyTokenizer.Load();

    [Fact]
    public void ToTokens_TemplateWithBos_PutsItOnceOrNotAtAll()
    {
        Assert.Equal([2, 269], Tiny.ToTokens("abc"));
        Assert.Equal([269], Tiny.ToTokens("abc", prependBos: false));
        Assert.Equal([2], Tiny.ToTokens(""));
        Assert.Empty(Tiny.ToTokens("", prependBos: false));
    }

    [Fact]
    public void ToTokens_TextThatBeginsWithBos_KeepsItsOwn()
    {
        Assert.Equal([2, 2, 269], Tiny.ToTokens("<bos>abc"));
        Assert.Equal([2, 269], Tiny.ToTokens("<bos>abc", prependBos: false));
    }

    [Fact]
    public void ToTokens_NoTemplate_SpellsBosBeforeTheText()
    {
        var plain = TinyTokenizer.With(j => j["post_processor"] = null, """{"bos_token": "<bos>"}""");
        Assert.False(plain.PrependsBos);
        Assert.Equal([2, 269], plain.ToTokens("abc"));
        Assert.Equal([269], plain.ToTokens("abc", prependBos: false));
        Assert.Equal([269], plain.Encode("abc"));
    }

    [Fact]
    public void ToTokens_NoBos_TakesEos()
    {
        var plain = TinyTokenizer.With(j => j["post_processor"] = null, """{"eos_token": "<eos>"}""");
        Assert.Equal([1, 269], plain.ToTokens("abc"));
    }

    [Fact]
    public void ToTokens_NeitherBosNorEos_Throws()
    {
        var plain = TinyTokenizer.With(j => j["post_processor"] = null);
        var error = Assert.Throws<TokenizerException>(() => plain.ToTokens("abc"));
        Assert.Contains("prependBos: false", error.Message, StringComparison.Ordinal);
        Assert.Equal([269], plain.ToTokens("abc", prependBos: false));
    }

    [Fact]
    public void ToStrTokens_DecodesEachTokenAlone() =>
        Assert.Equal(["<bos>", "a", "\uFFFD", "\uFFFD", " ab"], Tiny.ToStrTokens("aß ab"));
}
