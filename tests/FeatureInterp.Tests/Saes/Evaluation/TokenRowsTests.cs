using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

public class TokenRowsTests
{
    private const string Text = "Once upon a time there was a little girl who lived in a wood.\nShe had a wolf.";

    private static readonly Transformer Model = EmbeddedPair.Model;

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Rows_Text_HoldsEveryTokenOnceBehindTheBeginning(int length)
    {
        TokenRows text = Text;
        var shares = new List<double>();
        var rows = text.Rows(Model, length, shares.Add).ToArray();
        var bos = Model.RequireTokenizer().BosId!.Value;
        Assert.All(rows, r => Assert.Equal(bos, r[0]));
        Assert.All(rows[..^1], r => Assert.Equal(length, r.Length));
        Assert.InRange(rows[^1].Length, 2, length);
        Assert.Equal(Model.RequireTokenizer().ToTokens(Text, prependBos: false), rows.SelectMany(r => r[1..]));
        Assert.Equal(shares.Order(), shares);
        Assert.All(shares, s => Assert.InRange(s, 0, 1));
    }

    [Fact]
    public void Rows_EmptyText_AreNone() => Assert.Empty(((TokenRows)"").Rows(Model, 10));

    [Fact]
    public void Rows_LengthOfOne_HasNoRoom() =>
        Assert.Contains("has no room", Assert.Throws<SaeException>(() => ((TokenRows)Text).Rows(Model, 1)).Message);

    [Fact]
    public void Rows_TextWithoutTokenizer_SaysWhatIsMissing()
    {
        using var tiny = new TinyModel();
        Assert.Contains("tokenizer.json", Assert.Throws<ModelFileException>(() => ((TokenRows)Text).Rows(tiny.Load(), 8)).Message);
    }

    [Fact]
    public void Rows_TokenRows_AreTakenAsTheyAre()
    {
        int[][] rows = [[5, 6], [7]];
        Assert.Same(rows, ((TokenRows)rows).Rows(Model, 100));
    }

    [Fact]
    public void FromFile_NameUnderData_IsThatFile()
    {
        var file = File.ReadAllText(Repository.Data("texts", "childrens-books-sample.txt"));
        Assert.Equal(Model.RequireTokenizer().ToTokens(file, prependBos: false), TokenRows.FromFile("childrens-books-sample").Rows(Model, 256).SelectMany(r => r[1..]));
        Assert.Equal(
            TokenRows.FromFile("childrens-books-sample").Rows(Model, 64), TokenRows.FromFile(Repository.Data("texts", "childrens-books-sample.txt")).Rows(Model, 64));
    }

    [Theory]
    [InlineData("no-such-text")]
    [InlineData("folder/no-such-text.txt")]
    public void FromFile_Missing_SaysSo(string name) =>
        Assert.Contains("not there", Assert.Throws<SaeException>(() => TokenRows.FromFile(name).Rows(Model, 8).First()).Message);

    [Fact]
    public void Sample_EndsParagraphsAtSentences()
    {
        var paragraphs = File.ReadAllText(Repository.Data("texts", "childrens-books-sample.txt")).TrimEnd('\n').Split("\n\n");
        Assert.Equal(5, paragraphs.Length);
        Assert.All(paragraphs, p => Assert.Matches("[.!?]['\"]?$", p));
        Assert.All(paragraphs, p => Assert.Matches("^[A-Z\"']", p));
    }
}
