using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>A trained SAE, ready to be saved in SAELens 6's layout and used from there.</summary>
public sealed class TrainedSae
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly SaeTrainer _trainer;
    private readonly ActivationOrigin _origin;
    private readonly string _recipe;

    internal TrainedSae(SaeTrainingOptions options, SaeTrainer trainer, ActivationOrigin origin, string recipe, SaeTrainingQuality? quality) =>
        (Options, _trainer, _origin, _recipe, LastBatch) = (options, trainer, origin, recipe, quality);

    /// <summary>What it was trained for, and how.</summary>
    public SaeTrainingOptions Options { get; }

    /// <summary>The activations it has seen.</summary>
    public long Tokens => (long)_trainer.StepsDone * Options.Batches.Size;

    /// <summary>How the last step's batch looked; null when all steps had been done before.</summary>
    public SaeTrainingQuality? LastBatch { get; }

    internal TrainingParameters Parameters => _trainer.Parameters;

    internal double InputFactor => _trainer.InputFactor;

    /// <summary>
    /// Writes <c>sae_weights.safetensors</c>, <c>sparsity.safetensors</c> (log₁₀ of how often each feature fired in the last steps) and, last, <c>cfg.json</c>. As in SAELens, BatchTopK
    /// and Matryoshka SAEs become JumpReLU SAEs with one threshold; norms and factors are folded in, so that nothing is left to be done in use.
    /// </summary>
    /// <param name="folder">The folder; it is made if it is not there.</param>
    /// <exception cref="WeightFileException">A file cannot be written.</exception>
    public void Save(string folder)
    {
        var export = SaeExport.Of(Options, Parameters, _trainer.InputFactor, _origin);
        export.Config["metadata"] = Metadata();
        var weights = new SafetensorsWriter();
        foreach (var (name, tensor) in export.Arrays)
            weights.Add(name, tensor);
        weights.Save(Path.Combine(folder, "sae_weights.safetensors"));
        var sparsity = new SafetensorsWriter();
        sparsity.Add("sparsity", new Tensor(_trainer.LogFrequencies(), Options.DSae));
        sparsity.Save(Path.Combine(folder, "sparsity.safetensors"));
        var config = Path.Combine(folder, "cfg.json");
        File.WriteAllText(config + ".partial", export.Config.ToJsonString(Indented) + "\n");
        File.Move(config + ".partial", config, overwrite: true);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Options.Objective.Architecture} SAE of {Options.DSae} features for {Options.Hook}, trained on {Tokens} activations";

    private JsonObject Metadata() => new()
    {
        // The version whose layout this is; what wrote it stands further down.
        ["sae_lens_version"] = "6.0.0",
        ["sae_lens_training_version"] = null,
        ["model_name"] = _origin.ModelName,
        ["hook_name"] = Options.Hook.ToString(),
        ["hook_head_index"] = null,
        ["prepend_bos"] = _origin.PrependBos,
        ["context_size"] = _origin.ContextSize,
        ["model_from_pretrained_kwargs"] = new JsonObject(),
        ["training_architecture"] = Options.Objective.Architecture,
        ["training_architecture_details"] = Options.Objective.Details.DeepClone(),
        ["featureinterp"] = new JsonObject
        {
            ["recipe"] = JsonNode.Parse(_recipe),
            ["steps_done"] = _trainer.StepsDone,
            ["tokens_seen"] = Tokens,
            ["norm_scaling_factor"] = _trainer.InputFactor,
        },
    };
}
