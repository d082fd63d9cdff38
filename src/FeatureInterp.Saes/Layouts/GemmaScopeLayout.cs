using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// Gemma Scope's JumpReLU SAEs: <c>params.npz</c> with w_enc [d_in, d_sae], w_dec [d_sae, d_in], b_enc, b_dec, threshold. b_dec is not taken from the input.
/// Those of the token embedding were trained on embeddings before Gemma multiplies them with √d_model, so W_enc / √d_in and W_dec · √d_in fit hook_embed.
/// </summary>
internal sealed class GemmaScopeLayout : ISaeLayout
{
    /// <summary>The weight file.</summary>
    public const string File = "params.npz";

    public string Name => "gemma_2";

    public string Title => "Gemma Scope (params.npz)";

    public bool Recognizes(string path) => System.IO.File.Exists(Path.Combine(path, File));

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        if (options.Repository is { } repository && GemmaScopeNames.IsTranscoders(repository))
            return new GemmaScopeTranscoderLayout().Read(path, options);
        var names = new SaeNames(path, options);
        var facts = names.Facts(GemmaScopeNames.Sae);
        var embedding = GemmaScopeNames.IsEmbedding(names.Path) && facts.HookIn?.Site is null or HookSite.Embed;
        var arrays = SaeArrays.Open(Path.Combine(path, File));
        var weights = Weights(arrays);
        var root = MathF.Sqrt(weights.Encoder!.Width);
        return new SaeFiles(this, Config(weights) with
        {
            HookIn = facts.HookIn ?? (embedding ? new HookPoint(HookSite.Embed) : null),
            FlattensHeads = facts.HookIn?.Site == HookSite.Z,
            Origin = Origin(facts.ModelName),
        }, embedding ? weights with { Encoder = weights.Encoder with { Scale = 1 / root }, Decoder = weights.Decoder with { Scale = root } } : weights, [arrays.File]);
    }

    /// <summary>The arrays, under the names Gemma Scope and Gemma Scope 2 give them.</summary>
    public static SaeWeights Weights(SaeArrays arrays)
    {
        var encoder = arrays.Encoder("w_enc", featuresFirst: false);
        var decoder = arrays.SummedDecoder("w_dec", encoder.Features);
        var skip = "affine_skip_connection";                            // [d_in, d_out]
        return new SaeWeights
        {
            Encoder = encoder,
            EncoderBias = arrays.Vector("b_enc", encoder.Features),
            Decoder = decoder,
            DecoderBias = arrays.Vector("b_dec", decoder.Width),
            Threshold = arrays.Vector("threshold", encoder.Features),
            Skip = arrays.Has(skip) ? arrays.Transposed(skip, decoder.Width, encoder.Width) : null,
        };
    }

    /// <summary>What all of Gemma Scope has in common.</summary>
    public static SaeConfig Config(SaeWeights weights) => new()
    {
        Architecture = SaeArchitecture.JumpReLU,
        DIn = weights.Encoder!.Width,
        DOut = weights.Decoder.Width,
        DSae = weights.Encoder.Features,
        ApplyBDecToInput = false,
    };

    /// <summary>The training that all of Gemma Scope had.</summary>
    public static SaeOrigin Origin(string? model) => new() { ModelName = model, Dataset = "monology/pile-uncopyrighted", ContextSize = 1024 };
}
