using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>SAELens 6: <c>cfg.json</c> and <c>sae_weights.safetensors</c>.</summary>
internal sealed class SaeLensLayout : ISaeLayout
{
    public string Name => "sae_lens";

    public string Title => "SAELens (cfg.json, sae_weights.safetensors)";

    public bool Recognizes(string path) => File.Exists(Path.Combine(path, "cfg.json")) && File.Exists(Path.Combine(path, "sae_weights.safetensors"));

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var config = SaeLensConfig.Read(Path.Combine(path, "cfg.json"));
        var file = Path.Combine(path, "sae_weights.safetensors");
        return new SaeFiles(this, config, Weights(WeightSource.Of(SafetensorsFile.Open(file)), config), [file]);
    }

    private static SaeWeights Weights(WeightSource source, SaeConfig config) => new()
    {
        Encoder = new SaeMatrix(Checked(source, "W_enc", config.DIn, config.DSae), FeaturesFirst: false),
        EncoderBias = Checked(source, "b_enc", config.DSae).ToTensor(),
        Decoder = new SaeMatrix(Checked(source, "W_dec", config.DSae, config.DOut), FeaturesFirst: true),
        DecoderBias = Checked(source, "b_dec", config.DOut).ToTensor(),
        Threshold = config.Architecture == SaeArchitecture.JumpReLU ? Checked(source, "threshold", config.DSae).ToTensor() : null,
    };

    private static Weight Checked(WeightSource source, string name, params ReadOnlySpan<long> wanted)
    {
        var weight = source[name];
        if (!weight.Shape.SequenceEqual(wanted))
            throw new WeightFileException(source.PathOf(name), $"'{name}' is [{string.Join(", ", weight.Shape.ToArray())}], but cfg.json asks for [{string.Join(", ", wanted.ToArray())}]; do the two files belong together?");
        return weight.DType is DType.F32 or DType.BF16 or DType.F16
            ? weight
            : throw new WeightFileException(source.PathOf(name), $"'{name}' is stored as {weight.DType}; only F32, BF16 and F16 can be computed with.");
    }
}
