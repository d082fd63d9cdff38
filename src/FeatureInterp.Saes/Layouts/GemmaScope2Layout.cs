using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// Gemma Scope 2: <c>params.safetensors</c> with Gemma Scope's arrays, perhaps <c>affine_skip_connection</c>, beside a <c>config.json</c> that may be missing;
/// or one layer of a cross-layer transcoder, <c>params_layer_4.safetensors</c>, whose decoders to the later layers are summed: right for activations, not
/// for what it reconstructs.
/// </summary>
internal sealed class GemmaScope2Layout : ISaeLayout
{
    private const string File = "params.safetensors";

    public string Name => "gemma_3";

    public string Title => "Gemma Scope 2 (params.safetensors)";

    public bool Recognizes(string path) => System.IO.File.Exists(Path.Combine(path, File)) || IsLayer(path);

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var isLayer = IsLayer(path);
        var names = new SaeNames(path, options);
        var arrays = SaeArrays.Open(isLayer ? path : Path.Combine(path, File));
        var weights = GemmaScopeLayout.Weights(arrays);
        var config = Path.Combine(path, "config.json");
        var facts = !isLayer && System.IO.File.Exists(config) ? OfConfig(ConfigFile.Read(config), names, weights) : OfNames(names);
        return new SaeFiles(this, GemmaScopeLayout.Config(weights) with
        {
            IsTranscoder = weights.Skip is not null || GemmaScope2Names.IsTranscoder(names.Path),
            HookIn = facts.HookIn,
            HookOut = facts.HookOut,
            FlattensHeads = facts.HookIn?.Site == HookSite.Z,
            Origin = GemmaScopeLayout.Origin(facts.ModelName) with { L0 = facts.K },
        }, weights, [arrays.File]);
    }

    // The folder's name tells the site better than config.json, where some transcoders name the layer's output as what they read.
    private static SaeNameFacts OfConfig(ConfigFile file, SaeNames names, SaeWeights weights)
    {
        if (file.Text("architecture") is { } architecture && architecture is not ("jump_relu" or "jumprelu"))
            throw file.Fault($"'architecture' is '{architecture}'; Gemma Scope 2 has only jump_relu.");
        var width = file.Int("width", 1, int.MaxValue, weights.Encoder!.Features);
        if (width != weights.Encoder.Features)
            throw file.Fault($"'width' is {width}, but the weights have {weights.Encoder.Features} features; do the two files belong together?");
        var named = GemmaScope2Names.Site(names.Path);
        return new SaeNameFacts
        {
            ModelName = file.Text("model_name") is { } model ? GemmaScope2Names.Model(model) : OfNames(names).ModelName,
            HookIn = named.HookIn ?? GemmaScope2Names.Hook(file.Text("hf_hook_point_in")),
            HookOut = named.Fault is null ? named.HookOut : GemmaScope2Names.Hook(file.Text("hf_hook_point_out")),
            K = file.Has("l0") ? (int)file.Number("l0", 0, int.MaxValue) : null,
        };
    }

    // Layer and site are told by the folders even where nothing names the model.
    private static SaeNameFacts OfNames(SaeNames names)
    {
        var facts = names.Facts(GemmaScope2Names.Facts);
        return facts.HookIn is null && GemmaScope2Names.Site(names.Path) is { Fault: null } site ? site : facts;
    }

    private static bool IsLayer(string path) =>
        Path.GetFileName(path) is var name && name.StartsWith("params_layer_", StringComparison.Ordinal) && name.EndsWith(".safetensors", StringComparison.Ordinal) && System.IO.File.Exists(path);
}
