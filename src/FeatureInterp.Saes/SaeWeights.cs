using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>An SAE's arrays: the matrices stay mapped in their file, in its type and orientation.</summary>
/// <param name="Encoder">W_enc, [d_in, d_sae].</param>
/// <param name="EncoderBias">b_enc, [d_sae].</param>
/// <param name="Decoder">W_dec, [d_sae, d_in].</param>
/// <param name="DecoderBias">b_dec, [d_in].</param>
/// <param name="Threshold">JumpReLU's threshold, [d_sae]; null for other kinds.</param>
internal sealed record SaeWeights(Weight Encoder, Tensor EncoderBias, Weight Decoder, Tensor DecoderBias, Tensor? Threshold)
{
    public static SaeWeights Read(string path, SaeConfig config)
    {
        var file = SafetensorsFile.Open(path);
        return new SaeWeights(
            Checked(file, "W_enc", config.DIn, config.DSae),
            Checked(file, "b_enc", config.DSae).ToTensor(),
            Checked(file, "W_dec", config.DSae, config.DIn),
            Checked(file, "b_dec", config.DIn).ToTensor(),
            config.Architecture == SaeArchitecture.JumpReLU ? Checked(file, "threshold", config.DSae).ToTensor() : null);
    }

    private static Weight Checked(SafetensorsFile file, string name, params ReadOnlySpan<long> wanted)
    {
        var weight = file[name];
        if (!weight.Shape.SequenceEqual(wanted))
            throw new WeightFileException(file.Path, $"'{name}' is [{string.Join(", ", weight.Shape.ToArray())}], but cfg.json asks for [{string.Join(", ", wanted.ToArray())}]; do the two files belong together?");
        return weight.DType is DType.F32 or DType.BF16 or DType.F16
            ? weight
            : throw new WeightFileException(file.Path, $"'{name}' is stored as {weight.DType}; only F32, BF16 and F16 can be computed with.");
    }
}
