using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The lens against matrices in double precision, and its last row against the model itself.</summary>
public sealed class LogitLensTests : IDisposable
{
    private const string Text = "The old fox was not able";

    private readonly TinyGpt2 _gpt2 = new();

    public void Dispose() => _gpt2.Dispose();

    [Fact]
    public void Run_LastRow_IsWhatTheModelPredicts()
    {
        var model = EmbeddedPair.Model;
        var lens = LogitLens.Run(model, Text, new() { Tokens = [" to", " fox"] });
        var run = model.Run(Text);
        Assert.Equal(model.Config.Layers + 1, lens.Rows.Count);
        for (var p = 0; p < lens.Positions.Count; p++)
        {
            var wanted = TokenRanking.Of(run.Logits[0].Row(p), 5, model.Tokenizer);
            Assert.Equal(wanted.Select(t => t.Token), lens.Rows[^1].Cells[p].Top.Select(t => t.Token));
            for (var r = 0; r < 5; r++)
                Assert.Equal(wanted[r].Probability, lens.Rows[^1].Cells[p].Top[r].Probability, 1e-5);
        }

        Assert.Equal([" to", " fox"], lens.Followed);
        var cell = lens.Rows[^1].Cells[^1];
        var logits = run.LastLogits().Span.ToArray();
        Assert.Equal(logits.Count(l => l > logits[lens.FollowedTokens[1]]), cell.Ranks[1]);
        Assert.Equal(Math.Exp(logits[lens.FollowedTokens[1]]) / logits.Sum(l => Math.Exp(l)), cell.Probabilities[1], 1e-6);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Run_EveryLayer_IsTheStreamThroughNormAndUnembedding(bool processed)
    {
        var model = Transformer.Load(_gpt2.Folder).WithProcessing(processed ? WeightProcessing.Standard : WeightProcessing.None);
        var tokens = TinyGpt2.Prompt(6, 3);
        var lens = LogitLens.Run(model, tokens, new() { Top = 3, InclMid = true, Positions = (int[])[2, -1], Tokens = [4] });
        Assert.Equal(["0_pre", "0_mid", "1_pre", "1_mid", "2_pre", "2_mid", "final_post"], lens.Rows.Select(r => r.Label));
        Assert.Equal([2, 5], lens.Positions);
        var run = model.Run(tokens, capture: "blocks.*.hook_resid_*");
        Tensor w = model.LensWeights.W_U(), b = model.LensWeights.b_U();
        foreach (var row in lens.Rows)
        {
            var hook = row.Label == "final_post" ? "blocks.2.hook_resid_post" : $"blocks.{row.Label[0]}.hook_resid_{row.Label[2..]}";
            for (var c = 0; c < 2; c++)
            {
                var x = model.LensWeights.FinalNorm(run.Activations[hook][0].Rows(lens.Positions[c], 1));
                var weights = new double[TinyGpt2.Vocab];
                for (var t = 0; t < weights.Length; t++)
                    weights[t] = Math.Exp(b.Span[t] + Enumerable.Range(0, TinyGpt2.Width).Sum(d => (double)x[0, d] * w[d, t]));
                Assert.Equal(weights[4] / weights.Sum(), row.Cells[c].Probabilities[0], 1e-5);
                Assert.Equal(weights.Count(v => v > weights[4]), row.Cells[c].Ranks[0]);
                Assert.Equal(weights.Select((v, t) => (v, t)).OrderByDescending(p => p.v).Take(3).Select(p => p.t), row.Cells[c].Top.Select(t => t.Token));
            }
        }
    }

    [Fact]
    public void Run_NoToken_FollowsTheModelsAnswerAndDrawsIt()
    {
        var lens = LogitLens.Run(EmbeddedPair.Model, Text);
        Assert.Equal(0, lens.Rows[^1].Cells[^1].Ranks[0]);
        var text = lens.ToString();
        Assert.Contains("final_post", text, StringComparison.Ordinal);
        Assert.Contains($"'{lens.Followed[0]}'", text, StringComparison.Ordinal);
        Assert.StartsWith("<svg", lens.HeatMap().ToSvg(), StringComparison.Ordinal);
        Assert.Contains("log10", lens.RankLines().ToPlotlyJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_BadInput_IsRefusedInASentence()
    {
        var model = EmbeddedPair.Model;
        Assert.Contains("one prompt", Assert.Throws<AnalysisException>(() => LogitLens.Run(model, (string[])["a", "b"])).Message, StringComparison.Ordinal);
        Assert.Contains("Top is 0", Assert.Throws<AnalysisException>(() => LogitLens.Run(model, "a", new() { Top = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("Tokens is empty", Assert.Throws<AnalysisException>(() => LogitLens.Run(model, "a", new() { Tokens = [] })).Message, StringComparison.Ordinal);
        Assert.Contains("not in the vocabulary", Assert.Throws<AnalysisException>(() => LogitLens.Run(model, "a", new() { Tokens = [4096] })).Message, StringComparison.Ordinal);
        Assert.Contains("Position 9", Assert.Throws<AnalysisException>(() => LogitLens.Run(model, "a", new() { Positions = 9 })).Message, StringComparison.Ordinal);
    }
}
