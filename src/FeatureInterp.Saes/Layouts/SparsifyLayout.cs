using System.Globalization;
using System.Text.RegularExpressions;
using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// EleutherAI's sparsify: a folder named after the module (<c>layers.5</c>, <c>layers.5.mlp</c>, <c>embed_tokens</c>) with <c>cfg.json</c> and
/// <c>sae.safetensors</c>; the model is in <c>config.json</c> one folder up. The library itself stores W_dec as [d_sae, d_in]; SAELens expects it
/// transposed. Which one a file has is told by its shape.
/// </summary>
/// <remarks>
/// sparsify takes b_dec from the input of everything but transcoders. SAELens does so only without <c>normalize_decoder</c>; its rule holds for the
/// files it can read, sparsify's own for those in sparsify's orientation, which SAELens refuses.
/// </remarks>
internal sealed partial class SparsifyLayout : ISaeLayout
{
    public string Name => "sparsify";

    public string Title => "EleutherAI sparsify (cfg.json, sae.safetensors)";

    public bool Recognizes(string path) => File.Exists(Path.Combine(path, "cfg.json")) && File.Exists(Weights(path));

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var file = ConfigFile.Read(Path.Combine(path, "cfg.json"));
        if (file.Text("activation") is { } activation && activation != "topk")
            throw file.Fault($"'activation' is '{activation}'; of sparsify only topk can be computed.");
        var arrays = SaeArrays.Open(Weights(path));
        var encoder = arrays.Has("W_enc") ? arrays.Encoder("W_enc", featuresFirst: false) : arrays.Encoder("encoder.weight", featuresFirst: true);
        var (dIn, dSae) = (encoder.Width, encoder.Features);
        var isTranscoder = file.Flag("transcode", false) || file.Flag("skip_connection", false);
        var (decoder, isUpstream) = Decoder(arrays, dSae, isTranscoder ? null : dIn);
        Check(file, dIn, dSae);
        var (hookIn, hookOut) = Hooks(Path.GetFileName(Path.TrimEndingDirectorySeparator(path)), isTranscoder);
        var release = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(Path.TrimEndingDirectorySeparator(path)))!, "config.json");
        var training = File.Exists(release) ? ConfigFile.Read(release) : null;
        return new SaeFiles(this, new SaeConfig
        {
            Architecture = SaeArchitecture.TopK,
            DIn = dIn,
            DOut = decoder.Width,
            DSae = dSae,
            IsTranscoder = isTranscoder,
            ApplyBDecToInput = !isTranscoder && (isUpstream || !file.Flag("normalize_decoder", false)),
            TopK = new SaeTopK(file.Int("k", 1, dSae), ByMagnitude: file.Flag("signed", false)),
            HookIn = hookIn,
            HookOut = hookOut,
            Origin = new SaeOrigin
            {
                ModelName = training?.Text("model"),
                Dataset = training?.Text("dataset") ?? "togethercomputer/RedPajama-Data-1T-Sample",
                ContextSize = training is not null && training.Has("ctx_len") ? training.Int("ctx_len", 1, 1 << 24) : 2048,
            },
        }, new SaeWeights
        {
            Encoder = encoder,
            EncoderBias = arrays.VectorOrZeros(arrays.First("b_enc", "encoder.bias"), dSae),
            Decoder = decoder,
            DecoderBias = arrays.VectorOrZeros(arrays.First("b_dec", "decoder.bias"), decoder.Width),
            Skip = arrays.Has("W_skip") ? arrays.Matrix("W_skip", decoder.Width, dIn) : null,
        }, [arrays.File]);
    }

    // Where d_in and d_sae are equal, as sparsify itself stores it.
    private static (SaeMatrix Decoder, bool IsUpstream) Decoder(SaeArrays arrays, int dSae, int? dOut)
    {
        if (!arrays.Has("W_dec"))
            return (arrays.Decoder("decoder.weight", featuresFirst: false, dSae, dOut), false);
        var isUpstream = arrays.FirstSize("W_dec") == dSae;
        return (arrays.Decoder("W_dec", featuresFirst: isUpstream, dSae, dOut), isUpstream);
    }

    private static void Check(ConfigFile file, int dIn, int dSae)
    {
        // 0 stands for "by the expansion factor".
        var latents = file.Int("num_latents", 0, 1 << 26, 0);
        if (file.Int("d_in", 1, 1 << 22, dIn) != dIn || (latents != 0 && latents != dSae))
            throw file.Fault($"'d_in' or 'num_latents' is not that of the weights, {dIn} and {dSae}; do the two files belong together?");
    }

    private static (HookPoint? In, HookPoint? Out) Hooks(string folder, bool isTranscoder)
    {
        if (folder == "embed_tokens")
            return (new HookPoint(HookSite.Embed), null);
        if (Folder().Match(folder) is not { Success: true } match)
            return (null, null);
        var layer = int.Parse(match.Groups["layer"].Value, CultureInfo.InvariantCulture);
        return match.Groups["part"].Value switch
        {
            "" => (new HookPoint(HookSite.ResidPost, layer), null),
            ".mlp" when isTranscoder => (new HookPoint(HookSite.MlpIn, layer), new HookPoint(HookSite.MlpOut, layer)),
            ".mlp" => (new HookPoint(HookSite.MlpOut, layer), null),
            ".self_attn" or ".attention" or ".attn" when !isTranscoder => (new HookPoint(HookSite.AttnOut, layer), null),
            _ => (null, null),
        };
    }

    private static string Weights(string path) => Path.Combine(path, "sae.safetensors");

    [GeneratedRegex(@"(^|\.)(layers|h)[._](?<layer>\d{1,4})(?<part>(\.[a-z_]+)?)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Folder();
}
