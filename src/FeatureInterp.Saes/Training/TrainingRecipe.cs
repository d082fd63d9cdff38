using System.Text.Json.Nodes;

namespace FeatureInterp.Saes;

/// <summary>Everything that decides what a training gives, as JSON: for provenance, and to know a checkpoint of the same training from one of another.</summary>
internal static class TrainingRecipe
{
    public static string Text(IActivationSource source, SaeTrainingOptions o) => new JsonObject
    {
        ["version"] = typeof(TrainingRecipe).Assembly.GetName().Version?.ToString(3),
        ["objective"] = Objective(o.Objective),
        ["hook"] = o.Hook.ToString(),
        ["d_in"] = source.Width,
        ["d_sae"] = o.DSae,
        ["steps"] = o.Steps,
        ["batch_size"] = o.Batches.Size,
        ["buffer_rows"] = o.Batches.BufferRows,
        ["optimizer"] = Optimizer(o.Optimizer),
        ["normalize_activations"] = o.Normalization.ToString(),
        ["apply_b_dec_to_input"] = o.AppliesDecoderBias,
        ["decoder_init_norm"] = o.Decoder.InitialNorm,
        ["decoder_keeps_unit_norm"] = o.Decoder.KeepsUnitNorm,
        ["dead_after_steps"] = o.DeadAfterSteps,
        ["seed"] = o.Seed,
        ["model"] = source.Origin.ModelName,
        ["activations"] = source.Origin.Details.DeepClone(),
    }.ToJsonString();

    private static JsonObject Objective(ISaeObjective objective)
    {
        var details = (JsonObject)objective.Details.DeepClone();
        details["architecture"] = objective.Architecture;
        return details;
    }

    private static JsonObject Optimizer(OptimizerOptions o) => new()
    {
        ["lr"] = o.LearningRate.Rate,
        ["lr_shape"] = o.LearningRate.Shape.ToString(),
        ["lr_warm_up_steps"] = o.LearningRate.WarmUpSteps,
        ["lr_decay_steps"] = o.LearningRate.DecaySteps,
        ["lr_end"] = o.LearningRate.FinalRate,
        ["lr_cycles"] = o.LearningRate.Cycles,
        ["adam_beta1"] = o.Beta1,
        ["adam_beta2"] = o.Beta2,
        ["adam_epsilon"] = o.Epsilon,
        ["max_gradient_norm"] = o.MaxGradientNorm,
    };
}
