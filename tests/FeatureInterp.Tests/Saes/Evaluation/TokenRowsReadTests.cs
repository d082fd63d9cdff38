using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>Texts cut into rows of one length for an evaluation.</summary>
public class TokenRowsReadTests
{
    private const string Text = "Once upon a time there was a king who had three sons, and the youngest of them was called Hans.\n";

    private static readonly Transformer Model = EmbeddedPair.Model;

    [Theory, InlineData(8, true), InlineData(7, false), InlineData(2, true)]
    public void Read_Text_IsTokenizedAndCut(int length, bool bos)
    {
        var all = Model.Tokenizer!.Encode(Text, addSpecialTokens: false);
        var rows = Rows(Text, new SaeEvaluationOptions { ContextLength = length, PrependBos = bos });
        var each = bos ? length - 1 : length;
        Assert.Equal(all.Length / each, rows.Length);
        Assert.Equal(all.Take(rows.Length * each), rows.SelectMany(r => bos ? r[1..] : r));
        Assert.All(rows, r => Assert.Equal(length, r.Length));
        if (bos)
            Assert.All(rows, r => Assert.Equal(Model.Tokenizer.BosId, r[0]));
    }

    [Fact]
    public void Read_NoLengthGiven_TakesTheSaesContextAndBos()
    {
        var rows = Rows(string.Concat(Enumerable.Repeat(Text, 40)), new SaeEvaluationOptions());
        Assert.All(rows, r => Assert.Equal((256, Model.Tokenizer!.BosId), (r.Length, r[0])));
    }

    [Fact]
    public void Read_MaxRows_StopsThere() => Assert.Equal(3, Rows(string.Concat(Enumerable.Repeat(Text, 40)), new SaeEvaluationOptions { ContextLength = 9, MaxRows = 3 }).Length);

    // Longer than one piece, which ends at a line end where there is one, else at a space, else anywhere.
    [Theory, InlineData("\n"), InlineData(" "), InlineData("")]
    public void FromFile_LongText_LosesNothing(string between)
    {
        using var folder = new TemporaryFolder();
        var line = between.Length == 0 ? "zx\U0001F600" : "a small cat sat";
        var text = string.Concat(Enumerable.Repeat(line + between, 700_000 / (line.Length + between.Length)));
        var shares = new List<double>();
        var options = new SaeEvaluationOptions { ContextLength = 64, PrependBos = false };
        var rows = TokenRows.FromFile(folder.Write("long.txt", text)).Read(Model, EmbeddedPair.Sae, options, shares.Add).ToArray();
        var back = Model.Tokenizer!.Decode([.. rows.SelectMany(r => r)]);
        Assert.InRange(back.Length, text.Length - 400, text.Length + 4);
        // A tokenizer may put a space in front of each piece.
        Assert.StartsWith(back.Replace(" ", "", StringComparison.Ordinal), text.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(rows.Length, shares.Count);
        // A character beyond ASCII is more bytes than it is characters.
        Assert.InRange(shares[^1], between.Length == 0 ? 0.6 : 0.99, 1);
        Assert.Equal(shares.Order(), shares);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("A few words.", "do not fill one row of 256")]
    public void Read_TooLittleText_IsNamed(string text, string says)
    {
        Assert.Contains(says, Assert.Throws<SaeException>(() => Rows(text, new SaeEvaluationOptions())).Message, StringComparison.Ordinal);
        Assert.Contains(says, Assert.Throws<SaeException>(() => SaeEvaluator.Run(Model, EmbeddedPair.Sae, text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromFile_FileNotThere_IsNamed()
    {
        var e = Assert.Throws<SaeException>(() => TokenRows.FromFile("/nowhere/text.txt").Read(Model, EmbeddedPair.Sae, new SaeEvaluationOptions()).Count());
        Assert.Contains("/nowhere/text.txt", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ModelWithoutTokenizer_IsRefused()
    {
        using var tiny = new TinyModel();
        using var sae = new TinySae();
        Assert.Throws<ModelFileException>(() => ((TokenRows)Text).Read(tiny.Load(), sae.Load(), new SaeEvaluationOptions()).Count());
    }

    private static int[][] Rows(TokenRows rows, SaeEvaluationOptions options) => [.. rows.Read(Model, EmbeddedPair.Sae, options)];
}
