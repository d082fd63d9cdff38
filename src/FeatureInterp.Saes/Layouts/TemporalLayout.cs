using System.Globalization;
using System.Text.RegularExpressions;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// Temporal SAEs: <c>conf.yaml</c> and <c>latest_ckpt.safetensors</c> with D [d_sae, d_in], b, E [d_in, d_sae] where it is not tied to D, and the attention layers.
/// </summary>
internal sealed partial class TemporalLayout : ISaeLayout
{
    public string Name => "temporal";

    public string Title => "temporal SAE (conf.yaml, latest_ckpt.safetensors)";

    public bool Recognizes(string path) => File.Exists(Path.Combine(path, "conf.yaml")) && File.Exists(Weights(path));

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var config = Path.Combine(path, "conf.yaml");
        var file = ConfigFile.Of(config, SaeYaml.Read(config));
        var arrays = SaeArrays.Open(Weights(path));
        var decoder = arrays.Encoder("D", featuresFirst: true);
        var (dIn, dSae) = (decoder.Width, decoder.Features);
        if (file.Int("llm.dimin", 1, 1 << 22, dIn) != dIn)
            throw file.Fault($"'llm.dimin' is not the width of the weights, {dIn}; do the two files belong together?");
        var tied = file.Flag("sae.tied_weights", !arrays.Has("E"));
        var temporal = new SaeTemporal(
            file.Int("sae.n_heads", 1, 1 << 16),
            file.Int("sae.n_attn_layers", 0, 64),
            file.Int("sae.bottleneck_factor", 1, 1 << 16),
            Kept(file, dSae),
            tied);
        return new SaeFiles(this, new SaeConfig
        {
            Architecture = SaeArchitecture.Temporal,
            DIn = dIn,
            DOut = dIn,
            DSae = dSae,
            ApplyBDecToInput = true,
            Normalization = SaeNormalization.ConstantScalarRescale,
            NormalizationFactor = file.Number("sae.scaling_factor", 1e-12, 1e12),
            Temporal = temporal,
            HookIn = Layer().Match(new SaeNames(path, options).Path) is { Success: true } match
                ? new HookPoint(HookSite.ResidPost, int.Parse(match.Groups["layer"].Value, CultureInfo.InvariantCulture)) : null,
            Origin = new SaeOrigin { ModelName = file.Text("llm.name") },
        }, new SaeWeights
        {
            Encoder = tied ? null : EncoderOf(arrays, dIn, dSae),
            Decoder = decoder,
            DecoderBias = arrays.Vector("b", dIn),
            Attention = [.. Enumerable.Range(0, temporal.Layers).Select(i => Attention(arrays, i, dSae, dSae / temporal.Bottleneck))],
        }, [arrays.File]);
    }

    private static int? Kept(ConfigFile file, int dSae) => file.Text("sae.sae_diff_type") switch
    {
        "topk" => file.Int("sae.kval_topk", 1, dSae),
        "relu" => null,
        var other => throw new SaeException($"A temporal SAE's 'sae.sae_diff_type' is '{other ?? "not given"}'; the ones that can be computed are topk and relu."),
    };

    private static SaeMatrix EncoderOf(SaeArrays arrays, int dIn, int dSae)
    {
        var encoder = arrays.Encoder("E", featuresFirst: false);
        return encoder.Width == dIn && encoder.Features == dSae
            ? encoder
            : throw arrays.Fault($"'E' is [{encoder.Width}, {encoder.Features}], but 'D' asks for [{dIn}, {dSae}]; the file is damaged.");
    }

    private static TemporalAttentionWeights Attention(SaeArrays arrays, int layer, int dSae, int inner)
    {
        return new TemporalAttentionWeights(Part("q_target", inner), Part("k_ctx", inner), Part("v_ctx", dSae), Part("c_proj", dSae));

        BiasedMatrix Part(string name, int rows)
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"attn_layers.{layer}.{name}");
            return new BiasedMatrix(arrays.Matrix(prefix + ".weight", rows, dSae), arrays.Vector(prefix + ".bias", rows));
        }
    }

    private static string Weights(string path) => Path.Combine(path, "latest_ckpt.safetensors");

    [GeneratedRegex(@"(^|/)layer_(?<layer>\d{1,4})(/|$)", RegexOptions.ExplicitCapture | RegexOptions.RightToLeft, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Layer();
}
