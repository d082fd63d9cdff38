using System.Text.Json;
using FeatureInterp.Models;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary><c>featureinterp tokenize</c>, as a user runs it.</summary>
public sealed class TokenizeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Tokenize_Texts_WritesWhatTheTokenizerGives()
    {
        string[] texts = ["", "😀 abß<bos>c", "a\u0000\n\"\\"];
        var input = folder.Write("in.json", JsonSerializer.Serialize(texts));
        var output = folder.PathOf("out.json");
        var (code, _, error) = await Cli.RunAsync("tokenize", "--tokenizer", TinyTokenizer.Folder, "--input", input, "--out", output);
        Assert.True(code == 0, error);
        var json = JsonDocument.Parse(await File.ReadAllTextAsync(output)).RootElement;
        Assert.Equal(texts.Length, json.GetArrayLength());
        var tiny = TinyTokenizer.Load();
        for (var i = 0; i < texts.Length; i++)
        {
            var encoded = tiny.EncodeWithOffsets(texts[i]);
            Assert.Equal(encoded.Ids, json[i].GetProperty("ids").EnumerateArray().Select(n => n.GetInt32()));
            Assert.Equal(tiny.Encode(texts[i]), json[i].GetProperty("ids_special").EnumerateArray().Select(n => n.GetInt32()));
            Assert.Equal(encoded.Tokens, json[i].GetProperty("tokens").EnumerateArray().Select(t => t.GetString()!));
            Assert.Equal(encoded.Offsets, json[i].GetProperty("offsets").EnumerateArray().Select(o => new TokenRange(o[0].GetInt32(), o[1].GetInt32())));
            Assert.Equal(tiny.Decode([.. encoded.Ids]), json[i].GetProperty("decoded").GetString());
            Assert.Equal(encoded.Ids.Select(tiny.DecodeToken), json[i].GetProperty("decoded_each").EnumerateArray().Select(t => t.GetString()!));
        }

        Assert.Equal([2, 265, 268, 4 + 0xC3, 4 + 0x9F, 2, 263], json[1].GetProperty("ids_special").EnumerateArray().Select(n => n.GetInt32()));
    }

    [Theory]
    [InlineData("{}", "[\"Once upon\",\"a time\"]")]
    [InlineData("[1]", "[\"Once upon\",\"a time\"]")]
    [InlineData("[null]", "null")]
    [InlineData("null", "null")]
    [InlineData("[\"\\ud800\"]", "not a list of texts")]
    [InlineData("[\"a\"", "not a list of texts")]
    public async Task Tokenize_BadInput_OneSentenceAndNoFile(string json, string names)
    {
        var output = folder.PathOf("out.json");
        var (code, _, error) = await Cli.RunAsync("tokenize", "--tokenizer", TinyTokenizer.Folder, "--input", folder.Write("in.json", json), "--out", output);
        Assert.Equal(1, code);
        Assert.Contains(names, error);
        Assert.Single(error.Trim().Split('\n'));
        Assert.False(File.Exists(output));
    }

    [Fact]
    public async Task Tokenize_NoTokenizerThere_NamesThePath()
    {
        var (code, _, error) = await Cli.RunAsync("tokenize", "--tokenizer", folder.Path, "--input", folder.Write("in.json", "[]"), "--out", folder.PathOf("out.json"));
        Assert.Equal(1, code);
        Assert.Contains(folder.PathOf("tokenizer.json"), error);
    }

    [Fact]
    public async Task Tokenize_NoInputThere_SaysSo()
    {
        var (code, _, error) = await Cli.RunAsync("tokenize", "--tokenizer", TinyTokenizer.Folder, "--input", folder.PathOf("none.json"), "--out", folder.PathOf("out.json"));
        Assert.Equal(1, code);
        Assert.Contains("check the path", error);
    }
}
