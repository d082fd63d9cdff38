using System.Text.Json.Nodes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// Matryoshka BatchTopK SAEs (Bussmann et al. 2025): as <see cref="BatchTopKTraining"/>, but the first w features of each width are to reconstruct the input too, so
/// that early features stay general. Loss = Σ over widths of mean ‖x − x̂_w‖² + the dead features' loss.
/// </summary>
public sealed record MatryoshkaTraining : ISaeObjective
{
    /// <summary>How many features fire on a token on average; may be a fraction.</summary>
    public double K { get; init; } = 100;

    /// <summary>The numbers of features that reconstruct together, ascending; the last is all of them, and is added when it is missing.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [];

    /// <summary>Whether features are measured by what they write: pre-activations times ‖W_dec‖, divided by it again in decoding.</summary>
    public bool RescaleByDecoderNorm { get; init; } = true;

    /// <summary>The weight of the dead features' loss.</summary>
    public double AuxCoefficient { get; init; } = 1;

    /// <summary>Whether the dead features of each width reconstruct what the living of that width left over, rather than all together what all left.</summary>
    public bool AuxPerWidth { get; init; }

    /// <summary>How far a step moves the threshold towards the smallest value that fired in it, 0 to 1.</summary>
    public double ThresholdRate { get; init; } = 0.01;

    /// <inheritdoc/>
    public string Architecture => "matryoshka_batchtopk";

    bool ISaeObjective.ScalesByDecoderNorm => RescaleByDecoderNorm;

    JsonObject ISaeObjective.Details
    {
        get
        {
            var details = BatchTopKTraining.Describe(K, AuxCoefficient, RescaleByDecoderNorm, ThresholdRate);
            details["matryoshka_widths"] = new JsonArray([.. Widths.Select(w => JsonValue.Create(w))]);
            details["use_matryoshka_aux_loss"] = AuxPerWidth;
            return details;
        }
    }

    void ISaeObjective.Validate(SaeTrainingOptions options)
    {
        BatchTopKTraining.Validate(K, AuxCoefficient, ThresholdRate, options);
        for (var i = 0; i < Widths.Count; i++)
        {
            if (Widths[i] < 1 || Widths[i] > options.DSae || (i > 0 && Widths[i] <= Widths[i - 1]))
                throw new SaeException($"{nameof(Widths)} is [{string.Join(", ", Widths)}], but widths ascend from at least 1 to the number of features, {options.DSae}.");
        }
    }

    void ISaeObjective.Step(StepPage page)
    {
        var p = page.Parameters;
        var scale = RescaleByDecoderNorm ? page.DecoderNorms : null;
        int[] widths = [.. Widths.Where(w => w < p.DSae), p.DSae];
        int[][] dead = AuxPerWidth
            ? [.. widths.Select((w, i) => page.DeadFeatures.Where(f => f < w && f >= (i == 0 ? 0 : widths[i - 1])).ToArray())]
            : [.. widths[..^1].Select(_ => Array.Empty<int>()), page.DeadFeatures];
        int[] withDead = [.. Enumerable.Range(0, widths.Length).Where(i => DeadFeatureLoss.PerToken(p.DIn, dead[i].Length) > 0)];

        var batches = BatchTopKSelection.Encode(page, K, scale,
            [.. withDead.Select(i => RowSelectors.LargestOf(dead[i], DeadFeatureLoss.PerToken(p.DIn, dead[i].Length), byMagnitude: false))]);
        page.Fire(batches[0], batches[0].Values);
        var outputs = Reconstruct(page, batches[0], scale, widths);

        var auxiliary = 0.0;
        for (var i = 0; i < withDead.Length; i++)
        {
            var width = withDead[i];
            auxiliary += DeadFeatureLoss.Add(page, batches[i + 1], TopKTraining.Unscaled(batches[i + 1], scale), dead[width].Length, outputs[width], AuxCoefficient, p[Names.EncoderBias]);
        }

        page.Losses.Add((Names.Auxiliary, auxiliary));
        BatchTopKSelection.MoveThreshold(p, batches[0], ThresholdRate);
    }

    void ISaeObjective.Export(TrainingParameters parameters, SaeExport export) => BatchTopKTraining.ExportThreshold(parameters, export);

    // Each width's reconstruction is that of the width before and a band of features more. A band's features are in the losses of its own width and of
    // all beyond it, so going back from the last width, gradients add up.
    private static Tensor[] Reconstruct(StepPage page, SparseBatch active, float[]? scale, int[] widths)
    {
        var p = page.Parameters;
        var sum = StepPage.Like(page.X);                                 // the reconstruction so far, before normalisation is undone
        StepPage.Fill(sum, p.DecoderBias.Value.Span);
        var bands = new (SparseBatch Entries, float[] V)[widths.Length];
        var (outputs, gradients) = (new Tensor[widths.Length], new Tensor[widths.Length]);
        for (var i = 0; i < widths.Length; i++)
        {
            int from = i == 0 ? 0 : widths[i - 1], to = widths[i];
            var band = active.Where(e => active.Features[e] >= from && active.Features[e] < to);
            bands[i] = (band, TopKTraining.Unscaled(band, scale));
            page.Products.AddRows(band, bands[i].V, p.Decoder, sum);
            outputs[i] = i == widths.Length - 1 ? page.Output : StepPage.Like(sum);
            gradients[i] = StepPage.Like(sum);
            sum.Span.CopyTo(outputs[i].Span);
            var loss = page.ErrorOnInputScale(outputs[i], gradients[i]);
            page.Losses.Add((i == widths.Length - 1 ? Names.SquaredError : $"inner_mse_loss_{to}", loss));
        }

        for (var i = widths.Length - 1; i >= 0; i--)
        {
            if (i < widths.Length - 1)
                TensorPrimitives.Add(gradients[i].Span, gradients[i + 1].Span, gradients[i].Span);
            page.Encoded(bands[i].Entries, page.Decoded(bands[i].Entries, bands[i].V, gradients[i]), p[Names.EncoderBias]);
        }

        StepPage.AddColumnSums(gradients[0], p.DecoderBias.Gradient.Span);
        return outputs;
    }
}
