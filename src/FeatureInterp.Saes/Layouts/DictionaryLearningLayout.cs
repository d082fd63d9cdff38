using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// The library dictionary_learning and SAEBench: <c>config.json</c> with the trainer, <c>ae.pt</c>. The class of the dictionary decides how it computes;
/// only the kinds saved with a threshold read it (AutoEncoderTopK saves one, too), and only JumpReluAutoEncoder leaves b_dec in the input.
/// </summary>
internal sealed class DictionaryLearningLayout : ISaeLayout
{
    private static readonly string[] Classes = ["AutoEncoder", "GatedAutoEncoder", "AutoEncoderTopK", "BatchTopKSAE", "JumpReluAutoEncoder", "MatryoshkaBatchTopKSAE"];

    public string Name => "dictionary_learning_1";

    public string Title => "dictionary_learning (config.json, ae.pt)";

    public bool Recognizes(string path) => File.Exists(Path.Combine(path, "ae.pt")) && File.Exists(Path.Combine(path, "config.json"));

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var file = ConfigFile.Read(Path.Combine(path, "config.json"));
        var kind = file.Text("trainer.dict_class") ?? throw file.Fault("'trainer.dict_class' is missing, so it is not known how the dictionary computes.");
        if (!Classes.Contains(kind, StringComparer.Ordinal))
            throw new SaeException($"{path}: 'trainer.dict_class' is '{kind}'; the ones that can be computed are {string.Join(", ", Classes)}.");
        var arrays = SaeArrays.Open(Path.Combine(path, "ae.pt"));
        var weights = Weights(arrays, kind);
        var (dIn, dSae) = (weights.Encoder!.Width, weights.Encoder.Features);
        if (file.Int("trainer.activation_dim", 1, 1 << 22, dIn) != dIn || file.Int("trainer.dict_size", 1, 1 << 26, dSae) != dSae)
            throw file.Fault($"'activation_dim' or 'dict_size' is not that of the weights, {dIn} and {dSae}; do the two files belong together?");
        return new SaeFiles(this, new SaeConfig
        {
            Architecture = kind switch
            {
                "AutoEncoder" => SaeArchitecture.Standard,
                "GatedAutoEncoder" => SaeArchitecture.Gated,
                "AutoEncoderTopK" => SaeArchitecture.TopK,
                _ => SaeArchitecture.JumpReLU,
            },
            DIn = dIn,
            DOut = dIn,
            DSae = dSae,
            ApplyBDecToInput = kind != "JumpReluAutoEncoder",
            TopK = kind == "AutoEncoderTopK" ? new SaeTopK(file.Int("trainer.k", 1, dSae)) : null,
            HookIn = Hook(file),
            Origin = new SaeOrigin
            {
                ModelName = Path.GetFileName(file.Text("trainer.lm_name")),
                Dataset = "monology/pile-uncopyrighted",
                ContextSize = file.Has("buffer.ctx_len") ? file.Int("buffer.ctx_len", 1, 1 << 24) : null,
            },
        }, weights, [arrays.File]);
    }

    private static SaeWeights Weights(SaeArrays arrays, string kind)
    {
        // Named W_enc and W_dec they are [in, out], as parts of linear layers [out, in].
        var plain = arrays.Has("W_enc");
        var encoder = arrays.Encoder(plain ? "W_enc" : "encoder.weight", featuresFirst: !plain);
        var f = encoder.Features;
        var isPlainDecoder = arrays.Has("W_dec");
        return new SaeWeights
        {
            Encoder = encoder,
            Decoder = arrays.Decoder(isPlainDecoder ? "W_dec" : "decoder.weight", featuresFirst: isPlainDecoder, f, encoder.Width),
            EncoderBias = kind == "GatedAutoEncoder" ? null : arrays.Vector(arrays.First("b_enc", "encoder.bias"), f),
            DecoderBias = arrays.Vector(arrays.First("b_dec", "bias", "decoder_bias"), encoder.Width),
            Threshold = kind is "JumpReluAutoEncoder" or "BatchTopKSAE" or "MatryoshkaBatchTopKSAE" ? arrays.VectorOrScalar("threshold", f) : null,
            Gate = kind == "GatedAutoEncoder" ? new GateWeights(arrays.Vector("gate_bias", f), arrays.Vector("mag_bias", f), arrays.Vector("r_mag", f)) : null,
        };
    }

    private static HookPoint? Hook(ConfigFile file)
    {
        if (!file.Has("trainer.layer"))
            return null;
        var site = file.Text("trainer.submodule_name") switch
        {
            { } name when name.StartsWith("mlp", StringComparison.Ordinal) => HookSite.MlpOut,
            { } name when name.StartsWith("att", StringComparison.Ordinal) => HookSite.AttnOut,
            _ => HookSite.ResidPost,
        };
        return new HookPoint(site, file.Int("trainer.layer", 0, 9999));
    }
}
