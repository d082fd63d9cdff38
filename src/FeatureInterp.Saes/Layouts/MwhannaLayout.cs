using System.Globalization;
using System.Text.RegularExpressions;

namespace FeatureInterp.Saes;

/// <summary>Transcoders for circuit tracing, one file a layer: <c>layer_2.safetensors</c> with W_enc [d_sae, d_in] and W_dec [d_sae, d_out], beside a <c>config.yaml</c> that may be missing.</summary>
internal sealed partial class MwhannaLayout : ISaeLayout
{
    public string Name => "mwhanna_transcoder";

    public string Title => "circuit-tracer transcoder (layer_N.safetensors)";

    public bool Recognizes(string path) => FileName().IsMatch(Path.GetFileName(path)) && File.Exists(path);

    public bool CouldBe(string path) => path.EndsWith(".safetensors", StringComparison.Ordinal) && File.Exists(path);

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var arrays = SaeArrays.Open(path);
        var encoder = arrays.Encoder("W_enc", featuresFirst: true);
        var decoder = arrays.Decoder("W_dec", featuresFirst: true, encoder.Features, null);
        var set = TranscoderSetConfig.Read(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var layer = FileName().Match(Path.GetFileName(path)) is { Success: true } match ? int.Parse(match.Groups["layer"].Value, CultureInfo.InvariantCulture) : (int?)null;
        var threshold = arrays.Has("threshold") ? arrays.VectorOrScalar("threshold", encoder.Features) : null;
        return new SaeFiles(this, new SaeConfig
        {
            Architecture = threshold is null ? SaeArchitecture.Standard : SaeArchitecture.JumpReLU,
            DIn = encoder.Width,
            DOut = decoder.Width,
            DSae = encoder.Features,
            IsTranscoder = true,
            ApplyBDecToInput = false,
            HookIn = layer is { } l ? TranscoderSetConfig.Hook(l, set?.HookIn ?? "mlp.hook_in") : null,
            HookOut = layer is { } o ? TranscoderSetConfig.Hook(o, set?.HookOut ?? "hook_mlp_out") : null,
            Origin = new SaeOrigin
            {
                ModelName = set?.ModelName ?? Facts(options.Repository ?? "", "").ModelName ?? new SaeNames(path, options with { Repository = null }).Facts(Facts).ModelName,
                Dataset = "monology/pile-uncopyrighted",
            },
        }, new SaeWeights
        {
            Encoder = encoder,
            EncoderBias = arrays.Vector("b_enc", encoder.Features),
            Decoder = decoder,
            DecoderBias = arrays.Vector("b_dec", decoder.Width),
            Threshold = threshold,
            Skip = arrays.Has("W_skip") ? arrays.Matrix("W_skip", decoder.Width, encoder.Width) : null,
        }, [path]);
    }

    private static SaeNameFacts Facts(string repository, string path) => Repository().Match(repository) is { Success: true } match
        ? new SaeNameFacts { ModelName = $"Qwen/Qwen3-{match.Groups["size"].Value}B" }
        : SaeNameFacts.Unknown($"'{repository}' names no model (a repository is called qwen3-4b-transcoders or alike)");

    [GeneratedRegex(@"^layer_(?<layer>\d{1,4})\.safetensors$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();

    [GeneratedRegex(@"(^|/)qwen3-(?<size>\d{1,3}(\.\d)?)b-", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Repository();
}
