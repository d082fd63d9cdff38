using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Projections against the notebook's function, when the goldens are there.</summary>
public class VocabProjectionGoldenTests
{
    // Two scores nearer than this may change places by rounding.
    private const double Tie = 1e-4;

    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void Run_AsNotebook_EqualsItsLogitsAndLists(string name)
    {
        var g = OutputCentricGolden.Of(name);
        var ordered = 0;
        foreach (var entry in g.Entries("vocab_proj"))
        {
            var label = OutputCentricGolden.Label(entry);
            var parts = label.Split('.', 2);
            var unit = g.Unit(parts[0].StartsWith("sae", StringComparison.Ordinal) ? parts[0] : label);
            var options = VocabProjectionOptions.Notebook with
            {
                KeepScores = true,
                Form = label.EndsWith(".dec_embed", StringComparison.Ordinal) ? VocabForm.Embedding : VocabForm.ThroughFinalNorm,
                Vector = label.EndsWith(".enc", StringComparison.Ordinal) ? FeatureVector.Encoder : FeatureVector.Decoder,
            };
            var result = unit.Sae is null
                ? VocabProjection.Neurons(g.Model, unit.Layer, [unit.Index], options)
                : VocabProjection.Run(g.Model, g.Sae, [unit.Index], options);
            var vector = result[unit.Index];
            Golden.AssertClose(label, g.Golden[$"{name}.vocabproj.{label}.logits"], vector.Scores!);
            if (entry.GetProperty("smallest_gap_in_top").GetDouble() < Tie || entry.GetProperty("smallest_gap_in_bottom").GetDouble() < Tie)
                continue;
            ordered++;
            Assert.Equal(OutputCentricGolden.Ids(entry.GetProperty("top_ids")), vector.Top.Select(t => t.Token));
            Assert.Equal(OutputCentricGolden.Ids(entry.GetProperty("bottom_ids")), vector.Bottom.Select(t => t.Token));
            Assert.Equal(OutputCentricGolden.Texts(entry.GetProperty("top_tokens")).Concat(OutputCentricGolden.Texts(entry.GetProperty("bottom_tokens"))), vector.DescriptionTokens);
        }

        Assert.True(ordered >= 8, $"only {ordered} lists were compared in order");
    }

    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void Run_DirectOnUnprocessedModel_EqualsVectorTimesRawUnembedding(string name)
    {
        var g = OutputCentricGolden.Of(name);
        var features = g.Golden.Names.Where(n => n.StartsWith(name + ".vocabproj.sae", StringComparison.Ordinal) && n.EndsWith(".no_final_norm", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(features);
        int[] numbers = [.. features.Select(n => g.Unit(n.Split('.')[2]).Index)];
        var options = new VocabProjectionOptions { KeepScores = true, Processing = WeightProcessing.None };
        var result = VocabProjection.Run(g.Raw, g.Sae, numbers, options);
        for (var i = 0; i < numbers.Length; i++)
            Golden.AssertClose(features[i], g.Golden[features[i]], result.Vectors[i].Scores!);
    }

    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void Run_NotebookOnUnprocessedModel_EqualsRawWeights(string name)
    {
        var g = OutputCentricGolden.Of(name);
        foreach (var stored in g.Golden.Names.Where(n => n.StartsWith(name + ".vocabproj.", StringComparison.Ordinal) && n.EndsWith(".raw_weights", StringComparison.Ordinal)))
        {
            var label = stored[(name.Length + ".vocabproj.".Length)..^".raw_weights".Length];
            var unit = g.Unit(label.StartsWith("sae", StringComparison.Ordinal) ? label.Split('.')[0] : label);
            var options = VocabProjectionOptions.Notebook with { KeepScores = true, Processing = WeightProcessing.None };
            var result = unit.Sae is null ? VocabProjection.Neurons(g.Raw, unit.Layer, [unit.Index], options) : VocabProjection.Run(g.Raw, g.Sae, [unit.Index], options);
            Golden.AssertClose(stored, g.Golden[stored], result.Vectors[0].Scores!);
        }
    }

    [Theory, InlineData("gemma2"), InlineData("gpt2")]
    public void Unembed_ProcessedModel_EqualsTransformerLensMatrices(string name)
    {
        var g = OutputCentricGolden.Of(name);
        Tensor wU = g.Golden[$"{name}.vocabproj.W_U_processed"], bU = g.Golden[$"{name}.vocabproj.b_U_processed"];
        var x = Tensor.Zeros(3, wU.Shape[0]);
        for (var i = 0; i < x.Length; i++)
            x.Span[i] = MathF.Sin(i + 1) + 0.3f;
        var wanted = Tensor.Zeros(3, wU.Shape[1]);
        for (var r = 0; r < 3; r++)
        {
            for (var t = 0; t < wU.Shape[1]; t++)
            {
                double sum = bU.Span[t];
                for (var d = 0; d < wU.Shape[0]; d++)
                    sum += (double)x[r, d] * wU[d, t];
                wanted[r, t] = (float)sum;
            }
        }

        Golden.AssertClose("x·W_U + b_U", wanted, g.Model.LensWeights.Unembed(x));
    }
}
