using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Projections on made-up models, against sums in double precision over the matrices.</summary>
public sealed class VocabProjectionTests : IDisposable
{
    private readonly TinyGpt2 _gpt2 = new();
    private readonly TinyModel _gemma2 = new();

    public void Dispose()
    {
        _gpt2.Dispose();
        _gemma2.Dispose();
    }

    private static float[] Product(ReadOnlySpan<float> v, Tensor w, Tensor? bias = null)
    {
        var sums = new double[w.Shape[1]];
        for (var t = 0; t < sums.Length; t++)
        {
            sums[t] = bias is null ? 0 : bias.Span[t];
            for (var d = 0; d < v.Length; d++)
                sums[t] += (double)v[d] * w[d, t];
        }

        return Array.ConvertAll(sums, s => (float)s);
    }

    private static void AssertEnds(float[] scores, ProjectedVector found, int count)
    {
        Assert.Equal(scores.Select((s, t) => (s, t)).OrderByDescending(p => p.s).Take(count).Select(p => p.t), found.Top.Select(t => t.Token));
        Assert.Equal(scores.Select((s, t) => (s, t)).OrderBy(p => p.s).Take(count).Select(p => p.t), found.Bottom.Select(t => t.Token));
        Golden.AssertClose("scores", new Tensor(scores, scores.Length), found.Scores!);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Run_EveryFeature_IsItsRowTimesTheFoldedUnembedding(bool gemma)
    {
        var raw = gemma ? _gemma2.Load() : Transformer.Load(_gpt2.Folder);
        using var tiny = new TinySae(new TinySaeShape { DIn = raw.Config.DModel });
        var sae = tiny.Load();
        int[] all = [.. Enumerable.Range(0, sae.Config.DSae)];
        var options = new VocabProjectionOptions { Top = 7, KeepScores = true };
        var result = VocabProjection.Run(raw, sae, all, options);
        var w = raw.WithProcessing(WeightProcessing.Standard).LensWeights.W_U();
        foreach (var f in all)
        {
            float[] row = [.. Enumerable.Range(0, sae.Config.DIn).Select(d => (float)tiny.Decoder[f * sae.Config.DIn + d])];
            AssertEnds(Product(row, w), result[f], 7);
            Assert.Equal(Math.Sqrt(row.Sum(v => (double)v * v)), result[f].Length, 1e-4);
        }

        Golden.AssertClose("alone", result[13].Scores!, VocabProjection.Run(raw, sae, [13], options)[13].Scores!);
    }

    [Fact]
    public void Run_Encoder_IsTheColumnOfWEnc()
    {
        var raw = Transformer.Load(_gpt2.Folder);
        using var tiny = new TinySae(new TinySaeShape { DIn = TinyGpt2.Width });
        var result = VocabProjection.Run(raw, tiny.Load(), [5], new() { Vector = FeatureVector.Encoder, KeepScores = true, Form = VocabForm.Embedding });
        float[] column = [.. Enumerable.Range(0, TinyGpt2.Width).Select(d => (float)tiny.Encoder[d * tiny.Shape.DSae + 5])];
        var e = raw.WithProcessing(WeightProcessing.Standard).LensWeights.W_E();
        float[] wanted = [.. Enumerable.Range(0, TinyGpt2.Vocab).Select(t => (float)Enumerable.Range(0, TinyGpt2.Width).Sum(d => (double)column[d] * e[t, d]))];
        AssertEnds(wanted, result[5], TinyGpt2.Vocab);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Neurons_BehindAPostNorm_GoThroughItsGainWhenAsked(bool through)
    {
        var raw = _gemma2.Load();
        var lens = raw.WithProcessing(WeightProcessing.Standard).LensWeights;
        float[] row = [.. lens.Block(2).W_out().Row(11).ToArray().Select((v, d) => through ? v * lens.Block(2).Ln2PostGain()!.Span[d] : v)];
        var result = VocabProjection.Neurons(raw, 2, [11], new() { ThroughPostNorm = through, KeepScores = true, Top = 5 });
        AssertEnds(Product(row, lens.W_U()), result[11], 5);
        Assert.Equal("L2N11", result.Vectors[0].Name);
    }

    [Fact]
    public void Vectors_ThroughFinalNorm_LoseTheirLengthAndGainTheBias()
    {
        var raw = Transformer.Load(_gpt2.Folder);
        var lens = raw.WithProcessing(WeightProcessing.Standard).LensWeights;
        var vectors = Tensor.Zeros(2, TinyGpt2.Width);
        for (var d = 0; d < TinyGpt2.Width; d++)
            (vectors[0, d], vectors[1, d]) = (MathF.Sin(3 * d + 1), 1000 * MathF.Sin(3 * d + 1));
        var options = new VocabProjectionOptions { Form = VocabForm.ThroughFinalNorm, KeepScores = true };
        var result = VocabProjection.Vectors(raw, vectors, ["short", "long"], options);
        var mean = Enumerable.Range(0, TinyGpt2.Width).Average(d => (double)vectors[1, d]);
        var scale = Math.Sqrt(Enumerable.Range(0, TinyGpt2.Width).Average(d => Math.Pow(vectors[1, d] - mean, 2)));
        float[] normed = [.. Enumerable.Range(0, TinyGpt2.Width).Select(d => (float)((vectors[1, d] - mean) / scale))];
        var wanted = Product(normed, lens.W_U(), lens.b_U());
        Golden.AssertClose("long", new Tensor(wanted, wanted.Length), result[1].Scores!);
        Golden.AssertClose("short", result[1].Scores!, result[0].Scores!, 1e-3);
    }

    [Fact]
    public void Run_FeaturesOfZ_GoThroughTheHeadsOutput()
    {
        var raw = Transformer.Load(_gpt2.Folder);
        using var tiny = new TinySae(new TinySaeShape { DIn = TinyGpt2.Width, Hook = "blocks.1.attn.hook_z", Reshape = "hook_z" });
        var lens = raw.WithProcessing(WeightProcessing.Standard).LensWeights;
        float[] row = [.. Enumerable.Range(0, TinyGpt2.Width).Select(d => (float)tiny.Decoder[7 * TinyGpt2.Width + d])];
        var turned = Product(row, lens.Block(1).W_O().Reshape(TinyGpt2.Width, TinyGpt2.Width));
        var result = VocabProjection.Run(raw, tiny.Load(), [7], new() { KeepScores = true, Top = 5 });
        AssertEnds(Product(turned, lens.W_U()), result[7], 5);
    }

    [Fact]
    public void Run_BadInput_IsRefusedInASentence()
    {
        var model = EmbeddedPair.Model;
        var sae = EmbeddedPair.Sae;
        Assert.Contains("no feature 2048", Assert.Throws<AnalysisException>(() => VocabProjection.Run(model, sae, [2048])).Message, StringComparison.Ordinal);
        Assert.Contains("chosen twice", Assert.Throws<AnalysisException>(() => VocabProjection.Run(model, sae, [3, 3])).Message, StringComparison.Ordinal);
        Assert.Contains("Top is 0", Assert.Throws<AnalysisException>(() => VocabProjection.Run(model, sae, [3], new() { Top = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("no neuron L6N0", Assert.Throws<AnalysisException>(() => VocabProjection.Neurons(model, 6, [0])).Message, StringComparison.Ordinal);
        Assert.Contains("at least one", Assert.Throws<AnalysisException>(() => VocabProjection.Neurons(model, 0, [])).Message, StringComparison.Ordinal);
        Assert.Contains("[vector, 256]", Assert.Throws<AnalysisException>(() => VocabProjection.Vectors(model, Tensor.Zeros(1, 255))).Message, StringComparison.Ordinal);
        Assert.Contains("was not projected", Assert.Throws<AnalysisException>(() => VocabProjection.Run(model, sae, [3])[4]).Message, StringComparison.Ordinal);
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.Throws<OperationCanceledException>(() => VocabProjection.Run(model, sae, [3], cancellation: stopped.Token));
    }

    [Fact]
    public void Display_FewAndMany_NameTheTokens()
    {
        var result = VocabProjection.Run(EmbeddedPair.Model, EmbeddedPair.Sae, [1477]);
        Assert.Contains($"'{result[1477].Top.First(t => t.Text.All(c => char.IsLetter(c) || c == ' ')).Text}'", result.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("<svg", result.ToDisplay().ToSvg(), StringComparison.Ordinal);
        var many = VocabProjection.Run(EmbeddedPair.Model, EmbeddedPair.Sae, [.. Enumerable.Range(0, 9)]);
        Assert.Contains("feature 8", many.ToString(), StringComparison.Ordinal);
        Assert.Equal(100, many[0].DescriptionTokens.Count);
    }
}
