using FeatureInterp.Analysis;
using FeatureInterp.Display;

namespace FeatureInterp.Tests.Kernel.Analyses;

/// <summary>A pass over a corpus that is stopped keeps what it has, and the same request goes on from there.</summary>
public sealed class StoppedRequestTests : IDisposable
{
    private const string TopActivations = AnalysisWork.Pair + "corpus: childrens-books-sample\nfeatures: [754, 1477]\nexamples: 4\nrow_length: 128\nbatch_tokens: 1024\n";
    private const string Cooccurrence = AnalysisWork.Pair + "corpus: childrens-books-sample\nsets: {a: [754, 1477], b: {count: 3, seed: 1}}\nrow_length: 128\nbatch_tokens: 1024\nmax_points: 100\n";

    private readonly AnalysisWork _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public void TopActivations_Stopped_WritesWhatThereIsAndGoesOn()
    {
        // Stopped long before the end and once more, later: the third run ends it.
        var rows = new List<int>();
        foreach (var lines in (int[])[3, 6])
        {
            using var source = new CancellationTokenSource();
            Assert.False(_work.Run("top-activations", TopActivations, new CancelsAfter(lines, source), source.Token).IsComplete);
            ResultRules.Check(_work.Document, "top-activations", TopActivations, isComplete: false);
            var partial = TopActivationsResult.Load(_work.Folder.PathOf("result.json"));
            Assert.False(partial.IsComplete);
            Assert.Contains("stopped", partial.ToText(), StringComparison.Ordinal);
            Assert.Contains("was stopped after", Assert.Throws<AnalysisException>(() => MaxActivation.Of(partial)).Message, StringComparison.Ordinal);
            rows.Add(partial.Rows);
        }

        Assert.True(rows[0] > 0 && rows[0] < rows[1] && rows[1] < 320, string.Join(' ', rows));
        var said = new StringWriter();
        Assert.True(_work.Run("top-activations", TopActivations, said).IsComplete);
        Assert.Contains("top-activations.state.json; going on from it.", said.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(_work.Folder.PathOf("top-activations.state.json")));
        var resumed = _work.Document.GetRawText();

        var once = new StringWriter();
        _work.Run("top-activations", TopActivations, once);
        Assert.DoesNotContain("going on", once.ToString(), StringComparison.Ordinal);
        Assert.Equal(_work.Document.GetRawText(), resumed);
    }

    [Fact]
    public void Cooccurrence_Stopped_WritesWhatThereIsAndGoesOn()
    {
        using (var source = new CancellationTokenSource())
        {
            var stopped = _work.Run("cooccurrence", Cooccurrence, new CancelsAfter(3, source), source.Token);
            Assert.False(stopped.IsComplete);
            ResultRules.Check(_work.Document, "cooccurrence", Cooccurrence, isComplete: false);
            Assert.InRange(_work.Document.GetProperty("result").GetProperty("rows").GetInt32(), 1, 319);
            Assert.Contains("stopped here", stopped.Display.ToText(), StringComparison.Ordinal);
            Assert.True(File.Exists(_work.Folder.PathOf("cooccurrence.state.json")));
        }

        var said = new StringWriter();
        _work.Run("cooccurrence", Cooccurrence, said);
        Assert.Contains("cooccurrence.state.json; going on from it.", said.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(_work.Folder.PathOf("cooccurrence.state.json")));
        var resumed = _work.Document.GetRawText();
        _work.Run("cooccurrence", Cooccurrence);
        Assert.Equal(_work.Document.GetRawText(), resumed);
    }

    [Fact]
    public void State_OfAnotherRequest_IsSaidToBeAndBegunAnew()
    {
        using var source = new CancellationTokenSource();
        _work.Run("top-activations", TopActivations, new CancelsAfter(2, source), source.Token);
        var said = new StringWriter();
        Assert.True(_work.Run("top-activations", TopActivations.Replace("examples: 4", "examples: 5", StringComparison.Ordinal), said).IsComplete);
        Assert.Contains("of another request, model or SAE; beginning anew.", said.ToString(), StringComparison.Ordinal);
    }
}
