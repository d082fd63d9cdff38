using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// Llama Scope: <c>hyperparams.json</c> and <c>checkpoints/final.safetensors</c>. One JumpReLU threshold for all features, trained on activations scaled by
/// s = √d_model / (their mean norm); it is multiplied with s here, as SAELens does, whether or not s is folded into the matrices.
/// </summary>
internal sealed class LlamaScopeLayout : ISaeLayout
{
    public string Name => "llama_scope";

    public string Title => "Llama Scope (hyperparams.json, checkpoints/final.safetensors)";

    public bool Recognizes(string path) => File.Exists(Path.Combine(path, "hyperparams.json")) && File.Exists(Weights(path));

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var file = ConfigFile.Read(Path.Combine(path, "hyperparams.json"));
        if (file.Text("act_fn") is { } activation && activation != "jumprelu")
            throw file.Fault($"'act_fn' is '{activation}'; of Llama Scope only jumprelu can be computed.");
        if (file.Flag("use_glu_encoder", false))
            throw file.Fault("'use_glu_encoder' is true; a gated encoder of that kind cannot be computed.");
        var arrays = SaeArrays.Open(Weights(path));
        var weights = LinearArrays.Read(arrays, "encoder", "decoder");
        var (dIn, dSae) = (weights.Encoder!.Width, weights.Encoder.Features);
        if (file.Int("d_model", 1, 1 << 22) != dIn || file.Int("d_sae", 1, 1 << 26, dSae) != dSae)
            throw file.Fault($"'d_model' or 'd_sae' is not that of the weights, {dIn} and {dSae}; do the two files belong together?");
        var factor = Math.Sqrt(dIn) / file.Number("dataset_average_activation_norm.in", 1e-12, 1e12);
        var threshold = Tensor.Uninitialized(dSae);
        threshold.Span.Fill((float)(file.Number("jump_relu_threshold", -1e12, 1e12) * factor));
        return new SaeFiles(this, Config(file, weights, factor) with
        {
            ApplyBDecToInput = file.Flag("apply_decoder_bias_to_pre_encoder", false),
        }, weights with { Threshold = threshold }, [arrays.File]);
    }

    /// <summary>What Llama Scope's releases have in common.</summary>
    public static SaeConfig Config(ConfigFile file, SaeWeights weights, double? factor) => new()
    {
        Architecture = SaeArchitecture.JumpReLU,
        DIn = weights.Encoder!.Width,
        DOut = weights.Decoder.Width,
        DSae = weights.Encoder.Features,
        ApplyBDecToInput = false,
        HookIn = SaeHook.Parse(file, "hook_point_in"),
        HookOut = file.Text("hook_point_out") is { } written && written != file.Text("hook_point_in") ? SaeHook.Parse(file, "hook_point_out") : null,
        Origin = new SaeOrigin
        {
            ModelName = "meta-llama/Llama-3.1-8B",
            Dataset = "cerebras/SlimPajama-627B",
            ContextSize = 1024,
            UnfoldedNormalization = NormFactor.Unfolded,
            OtherFields = NormFactor.FieldOf(factor),
        },
    };

    private static string Weights(string path) => Path.Combine(path, "checkpoints", "final.safetensors");
}
