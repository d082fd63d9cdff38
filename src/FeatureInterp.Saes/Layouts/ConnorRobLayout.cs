using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>The attention SAEs of GPT-2 small by Kissane and Krzyzanowski: <c>NAME.pt</c> beside <c>NAME_cfg.json</c>, ReLU over the heads' outputs laid side by side.</summary>
internal sealed class ConnorRobLayout : ISaeLayout
{
    public string Name => "connor_rob_hook_z";

    public string Title => "GPT-2 attention SAE (NAME.pt, NAME_cfg.json)";

    public bool Recognizes(string path) => path.EndsWith(".pt", StringComparison.Ordinal) && File.Exists(path) && File.Exists(ConfigOf(path));

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var file = ConfigFile.Read(ConfigOf(path));
        var arrays = SaeArrays.Open(path);
        var encoder = arrays.Encoder("W_enc", featuresFirst: false);
        if (file.Int("act_size", 1, 1 << 22, encoder.Width) != encoder.Width || file.Int("dict_size", 1, 1 << 26, encoder.Features) != encoder.Features)
            throw file.Fault($"'act_size' or 'dict_size' is not that of the weights, {encoder.Width} and {encoder.Features}; do the two files belong together?");
        return new SaeFiles(this, new SaeConfig
        {
            Architecture = SaeArchitecture.Standard,
            DIn = encoder.Width,
            DOut = encoder.Width,
            DSae = encoder.Features,
            ApplyBDecToInput = true,
            FlattensHeads = true,
            HookIn = SaeHook.Parse(file, "act_name"),
            Origin = new SaeOrigin { ModelName = file.Text("model_name") ?? "gpt2-small", Dataset = "Skylion007/openwebtext", ContextSize = 128 },
        }, new SaeWeights
        {
            Encoder = encoder,
            EncoderBias = arrays.Vector("b_enc", encoder.Features),
            Decoder = arrays.Decoder("W_dec", featuresFirst: true, encoder.Features, encoder.Width),
            DecoderBias = arrays.Vector("b_dec", encoder.Width),
        }, [path]);
    }

    private static string ConfigOf(string path) => path[..^3] + "_cfg.json";
}
