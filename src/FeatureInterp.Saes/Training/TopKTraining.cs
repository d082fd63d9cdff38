using System.Text.Json.Nodes;

namespace FeatureInterp.Saes;

/// <summary>
/// TopK SAEs (Gao et al. 2024): of each token's pre-activations the k largest fire, if positive; with <see cref="ByMagnitude"/> the k of largest magnitude, with
/// their sign. Loss = mean ‖x − x̂‖² + <see cref="AuxCoefficient"/> · the dead features' loss. No sparsity penalty is needed.
/// </summary>
public sealed record TopKTraining : ISaeObjective
{
    // Rows differ in their k-th largest value; most lie above this share of the mean.
    private const float LikelyShare = 0.6f;

    /// <summary>How many features fire on a token.</summary>
    public int K { get; init; } = 100;

    /// <summary>Whether the sign does not count in the choice; SAELens's <c>abstopk</c>.</summary>
    public bool ByMagnitude { get; init; }

    /// <summary>
    /// Whether features are measured by what they write: pre-activations times ‖W_dec‖, divided by it again in decoding. Such an SAE is saved with the norms folded in.
    /// </summary>
    public bool RescaleByDecoderNorm { get; init; } = true;

    /// <summary>The weight of the dead features' loss.</summary>
    public double AuxCoefficient { get; init; } = 1;

    /// <inheritdoc/>
    public string Architecture => ByMagnitude ? "abstopk" : "topk";

    bool ISaeObjective.ScalesByDecoderNorm => RescaleByDecoderNorm;

    JsonObject ISaeObjective.Details => new() { ["k"] = K, ["aux_loss_coefficient"] = AuxCoefficient, ["rescale_acts_by_decoder_norm"] = RescaleByDecoderNorm };

    void ISaeObjective.Validate(SaeTrainingOptions options)
    {
        TrainingFaults.Between(K, 1, options.DSae, nameof(K), "the number of features");
        TrainingFaults.NotNegative(AuxCoefficient, nameof(AuxCoefficient));
    }

    void ISaeObjective.Step(StepPage page)
    {
        var p = page.Parameters;
        var (scale, dead) = (RescaleByDecoderNorm ? page.DecoderNorms : null, page.DeadFeatures);
        var perToken = DeadFeatureLoss.PerToken(p.DIn, dead.Length);
        RowSelector living = ByMagnitude ? RowSelectors.LargestMagnitude(K) : RowSelectors.Largest(K, page.LikelyLimit, p.DSae);
        var batches = perToken > 0
            ? page.Encode(p[Names.EncoderBias], scale, living, RowSelectors.LargestOf(dead, perToken, ByMagnitude))
            : page.Encode(p[Names.EncoderBias], scale, living);

        var v = Unscaled(batches[0], scale);
        page.Fire(batches[0], batches[0].Values);
        page.LikelyLimit = LikelyShare * MeanOfSmallest(batches[0]);
        page.Encoded(batches[0], page.Reconstruct(batches[0], v), p[Names.EncoderBias]);
        page.Losses.Add((Names.Auxiliary, perToken == 0 ? 0 :
            DeadFeatureLoss.Add(page, batches[1], Unscaled(batches[1], scale), dead.Length, page.Output, AuxCoefficient, p[Names.EncoderBias])));
    }

    void ISaeObjective.Export(TrainingParameters parameters, SaeExport export)
    {
        export.AddVector(Names.EncoderBias, parameters[Names.EncoderBias].Value);
        export.Config["k"] = K;

        // The norms are in the encoder by now, and a file with the flag set would have features of another size wherever a row's norm is not 1.
        export.Config["rescale_acts_by_decoder_norm"] = false;
    }

    private static float MeanOfSmallest(SparseBatch active)
    {
        var sum = 0.0;
        for (var row = 0; row < active.Rows; row++)
        {
            var values = active.Values.AsSpan(active.Starts[row]..active.Starts[row + 1]);
            sum += values.IsEmpty ? 0 : TensorPrimitives.Min<float>(values);
        }

        return (float)(sum / Math.Max(1, active.Rows));
    }

    /// <summary>
    /// The values without the decoder's norm. It is multiplied in for the choice and divided out for decoding, so it has no part in the reconstruction, nor in its gradient.
    /// </summary>
    internal static float[] Unscaled(SparseBatch entries, float[]? scale)
    {
        if (scale is null)
            return entries.Values;
        var v = new float[entries.Count];
        for (var e = 0; e < v.Length; e++)
            v[e] = scale[entries.Features[e]] > 0 ? entries.Values[e] / scale[entries.Features[e]] : 0;
        return v;
    }
}
