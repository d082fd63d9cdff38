using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Folded matrices against their definition in double precision, and against what a run computes with them.</summary>
public sealed class LensWeightsTests : IDisposable
{
    private readonly TinyGpt2 _tiny = new();

    public static TheoryData<string> Processings => TinyGpt2.Processings;

    public void Dispose() => _tiny.Dispose();

    [Theory, MemberData(nameof(Processings))]
    public void ReadingMatrices_EachProcessing_AreTheDefinition(string name)
    {
        var processing = TinyGpt2.Processing(name);
        var block = _tiny.Load(processing).LensWeights.Block(1);
        var (q, qBias) = Reading("h.1.attn.c_attn", "h.1.ln_1", 3 * TinyGpt2.Width, processing.FoldLn);
        var (inner, innerBias) = Reading("h.1.mlp.c_fc", "h.1.ln_2", TinyGpt2.Mlp, processing.FoldLn);
        TwinAssert.Close("W_in", inner, block.W_in());
        TwinAssert.Close("b_in", innerBias, block.b_in());
        foreach (var (part, found, bias) in new[] { (0, block.W_Q(), block.b_Q()), (1, block.W_K(), block.b_K()), (2, block.W_V(), block.b_V()) })
        {
            Assert.Equal([TinyGpt2.Heads, TinyGpt2.Width, TinyGpt2.HeadDim], found.Shape.ToArray());
            for (var h = 0; h < TinyGpt2.Heads; h++)
            {
                for (var e = 0; e < TinyGpt2.HeadDim; e++)
                {
                    var column = part * TinyGpt2.Width + h * TinyGpt2.HeadDim + e;
                    for (var d = 0; d < TinyGpt2.Width; d++)
                        Assert.Equal(q[d * 3 * TinyGpt2.Width + column], found[h, d, e], 1e-5);
                    Assert.Equal(part == 2 && processing.FoldValueBiases ? 0 : qBias[column], bias[h, e], 1e-5);
                }
            }
        }
    }

    [Theory, MemberData(nameof(Processings))]
    public void Attention_OfTheMatrices_IsWhatARunAdds(string name)
    {
        // z·W_O + b_O is hook_attn_out and n·W_Q + b_Q is hook_q, whatever is folded where.
        var model = _tiny.Load(TinyGpt2.Processing(name));
        var run = model.Run(TinyGpt2.Prompt(6, 1), capture: HookSelection.All);
        var block = model.LensWeights.Block(2);
        Tensor z = run.Activations["blocks.2.attn.hook_z"][0], output = block.W_O(), w = block.W_Q(), bias = block.b_Q();
        Tensor read = run.Activations["blocks.2.ln1.hook_normalized"][0];
        double[] attention = new double[6 * TinyGpt2.Width], queries = new double[6 * TinyGpt2.Width];
        for (var i = 0; i < 6; i++)
        {
            for (var d = 0; d < TinyGpt2.Width; d++)
            {
                attention[i * TinyGpt2.Width + d] = block.b_O().Span[d];
                for (var k = 0; k < TinyGpt2.Width; k++)
                    attention[i * TinyGpt2.Width + d] += (double)z[i].Span[k] * output.Span[k * TinyGpt2.Width + d];
                var (h, e) = (d / TinyGpt2.HeadDim, d % TinyGpt2.HeadDim);
                queries[i * TinyGpt2.Width + d] = bias[h, e];
                for (var k = 0; k < TinyGpt2.Width; k++)
                {
                    var gained = model.Processing.FoldLn ? read[i, k] : read[i, k] * _tiny["h.2.ln_1.weight"][k] + _tiny["h.2.ln_1.bias"][k];
                    queries[i * TinyGpt2.Width + d] += gained * w[h, k, e];
                }
            }
        }

        TwinAssert.Close("attn_out", attention, run.Activations["blocks.2.hook_attn_out"][0]);
        TwinAssert.Close("q", queries, run.Activations["blocks.2.attn.hook_q"][0]);
    }

    [Theory, MemberData(nameof(Processings))]
    public void Unembedding_OfTheMatrices_GivesTheLogits(string name)
    {
        var model = _tiny.Load(TinyGpt2.Processing(name));
        var run = model.Run(TinyGpt2.Prompt(5, 2), capture: ["unembed.hook_in", "blocks.2.hook_resid_post"]);
        var (read, bias) = (run.Activations["unembed.hook_in"][0], model.LensWeights.b_U());
        TwinAssert.Close("ln_final", [.. read.Span.ToArray().Select(v => (double)v)], model.LensWeights.FinalNorm(run.Activations["blocks.2.hook_resid_post"][0]));
        var (whole, wanted) = (model.LensWeights.W_U(), new double[5 * TinyGpt2.Vocab]);
        for (var t = 0; t < TinyGpt2.Vocab; t++)
        {
            var column = model.LensWeights.UnembedColumn(t);
            for (var i = 0; i < 5; i++)
            {
                wanted[i * TinyGpt2.Vocab + t] = bias.Span[t];
                for (var d = 0; d < TinyGpt2.Width; d++)
                    wanted[i * TinyGpt2.Vocab + t] += (double)read[i, d] * column.Span[d];
            }

            for (var d = 0; d < TinyGpt2.Width; d++)
                Assert.Equal(whole[d, t], column.Span[d], 1e-5f);
        }

        TwinAssert.Close("logits", wanted, run.Logits[0]);
    }

    [Fact]
    public void Embeddings_Centred_HaveMeanZeroAndEqualARun()
    {
        var weights = _tiny.Load(WeightProcessing.Standard).LensWeights;
        var (embed, positions) = (weights.W_E(), weights.W_pos()!);
        Assert.Equal([TinyGpt2.Vocab, TinyGpt2.Width], embed.Shape.ToArray());
        for (var t = 0; t < TinyGpt2.Vocab; t++)
        {
            var row = _tiny["wte.weight"][(t * TinyGpt2.Width)..((t + 1) * TinyGpt2.Width)];
            for (var d = 0; d < row.Length; d++)
                Assert.Equal(row[d] - row.Average(), embed[t, d], 1e-6);
        }

        for (var i = 0; i < TinyGpt2.Context; i++)
            Assert.Equal(0, TensorSum(positions.Row(i)), 1e-5);
    }

    [Fact]
    public void Weights_OutOfRange_AreNamed()
    {
        var weights = _tiny.Load().LensWeights;
        Assert.Contains("layers 0–2", Assert.Throws<HookException>(() => weights.Block(3)).Message, StringComparison.Ordinal);
        Assert.Contains("0 to 36", Assert.Throws<PromptException>(() => weights.UnembedColumn(37)).Message, StringComparison.Ordinal);
        Assert.Throws<PromptException>(() => weights.W_E([0, 37]));
        Assert.Throws<HookException>(() => weights.AccumulatedBias(4));
        Assert.Throws<HookException>(() => weights.AccumulatedBias(3, mlpInput: true));
    }

    private static double TensorSum(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (var v in values)
            sum += v;
        return sum;
    }

    // W′ = gain·W less each column's mean, b′ = b + bias·W; W and b where nothing is folded. The file's matrix is [in, out].
    private (double[] Matrix, double[] Bias) Reading(string matrix, string norm, int outputs, bool folds)
    {
        double[] w = (double[])_tiny[matrix + ".weight"].Clone(), b = (double[])_tiny[matrix + ".bias"].Clone();
        if (!folds)
            return (w, b);
        for (var j = 0; j < outputs; j++)
        {
            double mean = 0;
            for (var i = 0; i < TinyGpt2.Width; i++)
            {
                b[j] += _tiny[norm + ".bias"][i] * w[i * outputs + j];
                w[i * outputs + j] *= _tiny[norm + ".weight"][i];
                mean += w[i * outputs + j] / TinyGpt2.Width;
            }

            for (var i = 0; i < TinyGpt2.Width; i++)
                w[i * outputs + j] -= mean;
        }

        return (w, b);
    }
}
