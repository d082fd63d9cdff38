using System.Text.Json.Nodes;

namespace FeatureInterp.Saes;

/// <summary>
/// BatchTopK SAEs (Bussmann et al. 2024): of a whole batch's pre-activations the k · tokens largest fire, if positive, so that a token may have more or fewer than k.
/// Loss as <see cref="TopKTraining"/>'s. A running estimate of the smallest value that fires becomes the threshold of the JumpReLU SAE that is saved.
/// </summary>
public sealed record BatchTopKTraining : ISaeObjective
{
    /// <summary>How many features fire on a token on average; may be a fraction.</summary>
    public double K { get; init; } = 100;

    /// <summary>Whether features are measured by what they write: pre-activations times ‖W_dec‖, divided by it again in decoding.</summary>
    public bool RescaleByDecoderNorm { get; init; } = true;

    /// <summary>The weight of the dead features' loss.</summary>
    public double AuxCoefficient { get; init; } = 1;

    /// <summary>How far a step moves the threshold towards the smallest value that fired in it, 0 to 1.</summary>
    public double ThresholdRate { get; init; } = 0.01;

    /// <inheritdoc/>
    public string Architecture => "batchtopk";

    bool ISaeObjective.ScalesByDecoderNorm => RescaleByDecoderNorm;

    JsonObject ISaeObjective.Details => Describe(K, AuxCoefficient, RescaleByDecoderNorm, ThresholdRate);

    void ISaeObjective.Validate(SaeTrainingOptions options) => Validate(K, AuxCoefficient, ThresholdRate, options);

    void ISaeObjective.Step(StepPage page)
    {
        var p = page.Parameters;
        var (scale, dead) = (RescaleByDecoderNorm ? page.DecoderNorms : null, page.DeadFeatures);
        var perToken = DeadFeatureLoss.PerToken(p.DIn, dead.Length);
        var batches = perToken > 0
            ? BatchTopKSelection.Encode(page, K, scale, RowSelectors.LargestOf(dead, perToken, byMagnitude: false))
            : BatchTopKSelection.Encode(page, K, scale);

        page.Fire(batches[0], batches[0].Values);
        page.Encoded(batches[0], page.Reconstruct(batches[0], TopKTraining.Unscaled(batches[0], scale)), p[Names.EncoderBias]);
        page.Losses.Add((Names.Auxiliary, perToken == 0 ? 0 :
            DeadFeatureLoss.Add(page, batches[1], TopKTraining.Unscaled(batches[1], scale), dead.Length, page.Output, AuxCoefficient, p[Names.EncoderBias])));
        BatchTopKSelection.MoveThreshold(p, batches[0], ThresholdRate);
    }

    void ISaeObjective.Export(TrainingParameters parameters, SaeExport export) => ExportThreshold(parameters, export);

    internal static JsonObject Describe(double k, double auxCoefficient, bool rescale, double thresholdRate) =>
        new() { ["k"] = k, ["aux_loss_coefficient"] = auxCoefficient, ["rescale_acts_by_decoder_norm"] = rescale, ["topk_threshold_lr"] = thresholdRate };

    internal static void Validate(double k, double auxCoefficient, double thresholdRate, SaeTrainingOptions options)
    {
        TrainingFaults.Between(k, 1.0 / options.Batches.Size, options.DSae, nameof(K), "the number of features");
        TrainingFaults.NotNegative(auxCoefficient, nameof(AuxCoefficient));
        TrainingFaults.Between(thresholdRate, 0, 1, nameof(ThresholdRate));
    }

    /// <summary>As SAELens saves it: a JumpReLU SAE with one threshold for all features.</summary>
    internal static void ExportThreshold(TrainingParameters parameters, SaeExport export)
    {
        export.Config["architecture"] = "jumprelu";
        export.AddVector(Names.EncoderBias, parameters[Names.EncoderBias].Value);
        var threshold = FeatureInterp.Tensors.Tensor.Zeros(parameters.DSae);
        threshold.Span.Fill((float)parameters.TopKThreshold);
        export.AddThreshold(threshold, isFolded: true);
    }
}
