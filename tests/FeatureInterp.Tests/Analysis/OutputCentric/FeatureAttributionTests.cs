using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>A logit taken apart on made-up models, against sums in double precision.</summary>
public sealed class FeatureAttributionTests : IDisposable
{
    private readonly TinyGpt2 _gpt2 = new();

    public void Dispose() => _gpt2.Dispose();

    [Theory]
    [InlineData("blocks.1.hook_resid_post", false)]
    [InlineData("blocks.1.hook_resid_post", true)]
    [InlineData("blocks.2.hook_resid_pre", false)]
    [InlineData("blocks.1.hook_mlp_out", false)]
    [InlineData("blocks.1.attn.hook_z", false)]
    public void Run_EveryPart_IsItsShareAndTheySumToTheLogit(string hook, bool processed)
    {
        var model = Transformer.Load(_gpt2.Folder).WithProcessing(processed ? WeightProcessing.Standard : WeightProcessing.None);
        using var tiny = new TinySae(new TinySaeShape { DIn = TinyGpt2.Width, Hook = hook, Reshape = hook.EndsWith("hook_z", StringComparison.Ordinal) ? "hook_z" : "none" });
        var sae = tiny.Load();
        var tokens = TinyGpt2.Prompt(6, 5);
        var result = FeatureAttribution.Run(model, sae, tokens, token: 3, incorrect: 8, position: 4);

        var run = model.Run(tokens, capture: (string[])[hook, "ln_final.hook_scale"]);
        double scale = run.Activations["ln_final.hook_scale"][0].Span[4];
        var lens = model.WithProcessing(model.Processing with { FoldLn = true }).LensWeights;
        var (w, output) = (lens.W_U(), lens.Block(1).W_O().Reshape(TinyGpt2.Width, TinyGpt2.Width));
        double Along(double[] v)
        {
            if (hook.EndsWith("hook_z", StringComparison.Ordinal))
                v = [.. Enumerable.Range(0, TinyGpt2.Width).Select(d => Enumerable.Range(0, TinyGpt2.Width).Sum(i => v[i] * output[i, d]))];
            return Enumerable.Range(0, TinyGpt2.Width).Sum(d => v[d] * (w[d, 3] - w[d, 8])) / scale;
        }

        var x = run.Activations[hook][0].Span.Slice(4 * TinyGpt2.Width, TinyGpt2.Width).ToArray();
        var acts = new SaeTwin(tiny).Run([.. x.Select(v => (double)v)]).Acts;
        var parts = acts.Select((a, f) => (Feature: f, Logits: a * Along([.. Enumerable.Range(0, TinyGpt2.Width).Select(d => tiny.Decoder[f * TinyGpt2.Width + d])]))).Where(p => acts[p.Feature] != 0).ToList();
        Assert.NotEmpty(parts);
        Assert.Equal(parts.Select(p => p.Feature).Order(), result.Features.Select(f => f.Feature).Order());
        foreach (var part in result.Features)
            Assert.Equal(parts.Single(p => p.Feature == part.Feature).Logits, part.Logits, 1e-4);
        Assert.Equal(Along(tiny.DecoderBias), result.DecoderBias, 1e-3);
        Assert.Equal(Along([.. x.Select(v => (double)v)]), result.Features.Sum(f => f.Logits) + result.DecoderBias + result.Error, 1e-3);
        Assert.Equal(run.Logits[0][4, 3] - run.Logits[0][4, 8], result.Logit, 1e-5);
        Assert.Equal(result.Logit, result.Sum, 1e-3);
        Assert.Equal(result.Features.OrderByDescending(f => Math.Abs(f.Logits)), result.Features);
    }

    [Fact]
    public void Heads_EachHead_IsItsZThroughTheOutput()
    {
        var model = Transformer.Load(_gpt2.Folder).WithProcessing(WeightProcessing.Standard);
        var tokens = TinyGpt2.Prompt(5, 2);
        var result = FeatureAttribution.Heads(model, tokens, token: 1);
        var run = model.Run(tokens, capture: (string[])["blocks.*.attn.hook_z", "ln_final.hook_scale"]);
        double scale = run.Activations["ln_final.hook_scale"][0].Span[4];
        var u = model.LensWeights.W_U();
        for (var l = 0; l < TinyGpt2.Layers; l++)
        {
            Tensor z = run.Activations[$"blocks.{l}.attn.hook_z"][0][4], o = model.LensWeights.Block(l).W_O();
            for (var h = 0; h < TinyGpt2.Heads; h++)
            {
                var wanted = 0.0;
                for (var i = 0; i < TinyGpt2.HeadDim; i++)
                {
                    for (var d = 0; d < TinyGpt2.Width; d++)
                        wanted += (double)z[h, i] * o[h][i, d] * u[d, 1] / scale;
                }

                Assert.Equal(wanted, result.Values[l, h], 1e-4);
            }
        }

        Assert.Contains("L2", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_EmbeddedPair_DrawsItselfAndRefusesWhatItCannotTakeApart()
    {
        var (model, sae) = (EmbeddedPair.Model, EmbeddedPair.Sae);
        var result = FeatureAttribution.Run(model, sae, "The old fox was not able", " to");
        Assert.Contains(result.Features, f => f.Feature == 1477);
        Assert.Contains("rest of the stream", result.ToString(), StringComparison.Ordinal);
        // A soft cap of 30 bends the sum.
        Assert.Equal(result.Logit, 30 * Math.Tanh(result.Sum / 30), 1e-2);
        Assert.Contains("one prompt", Assert.Throws<AnalysisException>(() => FeatureAttribution.Run(model, sae, (string[])["a", "b"], 5)).Message, StringComparison.Ordinal);
        Assert.Contains("Position 40", Assert.Throws<AnalysisException>(() => FeatureAttribution.Run(model, sae, "a", 5, position: 40)).Message, StringComparison.Ordinal);
    }
}
