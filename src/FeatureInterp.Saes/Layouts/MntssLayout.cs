using System.Globalization;
using System.Text.RegularExpressions;

namespace FeatureInterp.Saes;

/// <summary>
/// One layer of a cross-layer transcoder: <c>W_enc_2.safetensors</c> and <c>W_dec_2.safetensors</c> beside <c>config.yaml</c>, named by the layer's number or
/// by either file. The decoders to all later layers are summed: right for activations, not for what it reconstructs. Its activation is ReLU; a threshold in the
/// file is not used, as in SAELens.
/// </summary>
internal sealed partial class MntssLayout : ISaeLayout
{
    public string Name => "mntss_clt_layer_transcoder";

    public string Title => "one layer of a cross-layer transcoder (W_enc_N.safetensors, W_dec_N.safetensors), decoders summed";

    public bool Recognizes(string path) => Parts(path) is { } parts && File.Exists(parts.Encoder) && File.Exists(parts.Decoder);

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var (folder, layer, encoderFile, decoderFile) = Parts(path)
            ?? throw new SaeException($"{path}: this names no layer of a cross-layer transcoder; give FOLDER/2 or FOLDER/W_enc_2.safetensors for layer 2.");
        var arrays = SaeArrays.Open(encoderFile);
        var decoders = SaeArrays.Open(decoderFile);
        var encoder = arrays.Encoder("W_enc_" + layer, featuresFirst: true);
        var decoder = decoders.SummedDecoder("W_dec_" + layer, encoder.Features);
        var set = TranscoderSetConfig.Read(folder);
        var number = int.Parse(layer, CultureInfo.InvariantCulture);
        return new SaeFiles(this, new SaeConfig
        {
            Architecture = SaeArchitecture.Standard,
            DIn = encoder.Width,
            DOut = decoder.Width,
            DSae = encoder.Features,
            IsTranscoder = true,
            ApplyBDecToInput = false,
            HookIn = set is null ? null : TranscoderSetConfig.Hook(number, set.HookIn),
            HookOut = set is null ? null : TranscoderSetConfig.Hook(number, set.HookOut),
            Origin = new SaeOrigin { ModelName = set?.ModelName },
        }, new SaeWeights
        {
            Encoder = encoder,
            EncoderBias = arrays.Vector("b_enc_" + layer, encoder.Features),
            Decoder = decoder,
            DecoderBias = arrays.Vector("b_dec_" + layer, decoder.Width),
        }, [encoderFile, decoderFile]);
    }

    // FOLDER/2 need not exist: it is SAELens's name for layer 2.
    private static (string Folder, string Layer, string Encoder, string Decoder)? Parts(string path)
    {
        var full = Path.GetFullPath(Path.TrimEndingDirectorySeparator(path));
        if (Path.GetDirectoryName(full) is not { } folder || FileName().Match(Path.GetFileName(full)) is not { Success: true } match)
            return null;
        var layer = match.Groups["layer"].Value;
        return (folder, layer, Path.Combine(folder, $"W_enc_{layer}.safetensors"), Path.Combine(folder, $"W_dec_{layer}.safetensors"));
    }

    [GeneratedRegex(@"^(W_(enc|dec)_(?<layer>\d{1,4})\.safetensors|(?<layer>\d{1,4}))$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();
}
