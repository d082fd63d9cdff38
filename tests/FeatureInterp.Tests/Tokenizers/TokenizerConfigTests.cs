using FeatureInterp.Models;

namespace FeatureInterp.Tests.Tokenizers;

public class TokenizerConfigTests
{
    [Fact]
    public void Load_NamesAsStringsAndObjects_AreResolved()
    {
        var tiny = TinyTokenizer.Load();
        Assert.Equal((2, 1, 0, 3), (tiny.BosId, tiny.EosId, tiny.PadId, tiny.UnkId));
        Assert.True(tiny.AddBosToken);
        Assert.True(tiny.PrependsBos);
    }

    [Fact]
    public void Load_AbsurdMaxLength_IsNoLimit()
    {
        Assert.Null(TinyTokenizer.Load().ModelMaxLength);
        Assert.Equal(1024, TinyTokenizer.With(_ => { }, """{"model_max_length": 1024}""").ModelMaxLength);
    }

    [Fact]
    public void Load_NoConfig_TakesBosFromTheTemplateAndUnkFromTheModel()
    {
        var tiny = TinyTokenizer.With(_ => { });
        Assert.Equal((2, null, null, 3), (tiny.BosId, tiny.EosId, tiny.PadId, tiny.UnkId));
        Assert.Null(tiny.AddBosToken);
    }

    [Fact]
    public void Load_NameOfNoToken_Throws()
    {
        var error = Assert.Throws<TokenizerException>(() => TinyTokenizer.With(_ => { }, """{"pad_token": "[PAD]"}"""));
        Assert.Contains("pad_token is \"[PAD]\"", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("tokenizer_config.json", error.File, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"bos_token": 2}""", "bos_token is 2")]
    [InlineData("""{"bos_token": {"id": 2}}""", "bos_token.content is missing")]
    [InlineData("""{"add_bos_token": "yes"}""", "add_bos_token is \"yes\"")]
    [InlineData("""["<bos>"]""", "object is wanted")]
    [InlineData("""{"bos_token": "<bos>" """, "not well-formed JSON")]
    public void Load_DamagedConfig_Throws(string config, string found)
    {
        var error = Assert.Throws<TokenizerException>(() => TinyTokenizer.With(_ => { }, config));
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
    }
}
