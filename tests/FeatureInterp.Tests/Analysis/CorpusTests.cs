using FeatureInterp.Analysis;
using FeatureInterp.Models;

namespace FeatureInterp.Tests;

public class CorpusTests
{
    private const string Text = "Once upon a time there was a little girl who lived in a wood.\nShe had a wolf.";

    private static readonly Transformer Model = EmbeddedPair.Model;

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Rows_Text_HoldsEveryTokenOnceBehindTheBeginning(int length)
    {
        Corpus corpus = Text;
        var rows = corpus.Rows(Model, length).ToArray();
        var bos = Model.RequireTokenizer().BosId!.Value;
        Assert.All(rows, r => Assert.Equal(bos, r[0]));
        Assert.All(rows[..^1], r => Assert.Equal(length, r.Length));
        Assert.InRange(rows[^1].Length, 2, length);
        Assert.Equal(Model.RequireTokenizer().ToTokens(Text, prependBos: false), rows.SelectMany(r => r[1..]));
        Assert.Equal(rows.Length, corpus.Count(rows));
    }

    [Fact]
    public void Rows_EmptyText_AreNone() => Assert.Empty(((Corpus)"").Rows(Model, 10));

    [Fact]
    public void Rows_LengthOfOne_HasNoRoom() =>
        Assert.Contains("give 2 or more", Assert.Throws<AnalysisException>(() => ((Corpus)Text).Rows(Model, 1)).Message);

    [Fact]
    public void Rows_TextWithoutTokenizer_SaysWhatIsMissing()
    {
        using var tiny = new TinyModel();
        Assert.Contains("tokenizer.json", Assert.Throws<ModelFileException>(() => ((Corpus)Text).Rows(tiny.Load(), 8)).Message);
    }

    [Fact]
    public void Rows_TokenRows_AreTakenAsTheyAre()
    {
        int[][] rows = [[5, 6], [7]];
        Assert.Same(rows, ((Corpus)rows).Rows(Model, 100));
    }

    [Fact]
    public void Load_NameUnderData_IsThatFile()
    {
        var file = File.ReadAllText(Repository.Data("texts", "childrens-books-sample.txt"));
        Assert.Equal(Model.RequireTokenizer().ToTokens(file, prependBos: false), Corpus.Load("childrens-books-sample").Rows(Model, 256).SelectMany(r => r[1..]));
        Assert.Equal(
            Corpus.Load("childrens-books-sample").Rows(Model, 64), Corpus.Load(Repository.Data("texts", "childrens-books-sample.txt")).Rows(Model, 64));
    }

    [Theory]
    [InlineData("no-such-text")]
    [InlineData("folder/no-such-text.txt")]
    [InlineData("")]
    public void Load_Missing_SaysSo(string name) =>
        Assert.Contains("There is no text", Assert.Throws<AnalysisException>(() => Corpus.Load(name)).Message);

    [Fact]
    public void Sample_EndsParagraphsAtSentences()
    {
        var paragraphs = File.ReadAllText(Repository.Data("texts", "childrens-books-sample.txt")).TrimEnd('\n').Split("\n\n");
        Assert.Equal(5, paragraphs.Length);
        Assert.All(paragraphs, p => Assert.Matches("[.!?]['\"]?$", p));
        Assert.All(paragraphs, p => Assert.Matches("^[A-Z\"']", p));
    }

    [Fact]
    public void Progress_ByTheClock_TellsRateAndTimeLeft()
    {
        var clock = new ManualClock();
        var told = new List<CorpusProgress>();
        var meter = new CorpusMeter(new TopActivationsTwinTests.Told(told.Add), 40, clock);
        clock.Pass(TimeSpan.FromSeconds(2));
        meter.Add(10, 1000);
        clock.Pass(TimeSpan.FromMilliseconds(50));
        meter.Add(10, 1000);
        clock.Pass(TimeSpan.FromSeconds(1.95));
        meter.Add(10, 2000);
        meter.Finish();

        Assert.Equal([10, 30, 30], told.Select(t => t.Rows));
        Assert.Equal(new CorpusProgress(10, 40, 1000, 500, TimeSpan.FromSeconds(6)), told[0]);
        Assert.Equal(1000, told[1].TokensPerSecond!.Value, 9);
        Assert.Equal(4.0 / 3, told[1].TimeLeft!.Value.TotalSeconds, 5);
        Assert.Equal("10 of 40 rows, 500 tokens/s, 6 s left", told[0].ToString());
        Assert.Equal("10 rows", new CorpusProgress(10, null, 1000, null, null).ToString());
        Assert.Equal("1,000 of 2,000 rows, 3 min left", new CorpusProgress(1000, 2000, 1, null, TimeSpan.FromMinutes(3)).ToString());
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Pass(TimeSpan time) => _now += time.Ticks;
    }
}
