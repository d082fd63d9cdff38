using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// Llama Scope on R1-Distill: <c>config.json</c> and <c>sae_weights.safetensors</c>. The thresholds are stored as logarithms and, unlike
/// <see cref="LlamaScopeLayout"/>'s, belong to the scale the encoder already has.
/// </summary>
internal sealed class LlamaScopeR1Layout : ISaeLayout
{
    private const string Norm = "dataset_average_activation_norm.in", Threshold = "log_jumprelu_threshold";

    public string Name => "llama_scope_r1_distill";

    public string Title => "Llama Scope R1-Distill (config.json, sae_weights.safetensors)";

    public bool Recognizes(string path) => File.Exists(Path.Combine(path, "config.json")) && File.Exists(Weights(path)) && !File.Exists(Path.Combine(path, "cfg.json"));

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var file = ConfigFile.Read(Path.Combine(path, "config.json"));
        if (file.Text("act_fn") is { } activation && activation != "jumprelu")
            throw file.Fault($"'act_fn' is '{activation}'; of Llama Scope R1-Distill only jumprelu can be computed.");
        var arrays = SaeArrays.Open(Weights(path));
        var weights = LinearArrays.Read(arrays, "encoder", "decoder");
        var (dIn, dSae) = (weights.Encoder!.Width, weights.Encoder.Features);
        if (file.Int("d_model", 1, 1 << 22, dIn) != dIn || (file.Has("expansion_factor") && dIn * file.Number("expansion_factor", 0, 1 << 16) != dSae))
            throw file.Fault($"'d_model' · 'expansion_factor' is not the size of the weights, {dIn} inputs and {dSae} features; do the two files belong together?");
        var threshold = arrays.Vector(Threshold, dSae);
        TensorPrimitives.Exp(threshold.Span, threshold.Span);
        var factor = arrays.Has(Norm) && arrays.Number(Norm) is > 0 and var norm ? Math.Sqrt(dIn) / norm : (double?)null;
        return new SaeFiles(this, LlamaScopeLayout.Config(file, weights, factor), weights with { Threshold = threshold }, [arrays.File]);
    }

    private static string Weights(string path) => Path.Combine(path, "sae_weights.safetensors");
}
