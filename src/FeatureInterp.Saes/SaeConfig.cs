using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>How the features are made from the pre-activations.</summary>
public enum SaeArchitecture
{
    /// <summary>f = ReLU(pre).</summary>
    Standard,

    /// <summary>f = ReLU(pre) where pre &gt; threshold, else 0; a threshold a feature.</summary>
    JumpReLU,
}

/// <summary>What is done to an input before encoding, and undone after decoding.</summary>
public enum SaeNormalization
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>x · √d_in / ‖x‖, a factor a token; the reconstruction is divided by it.</summary>
    ConstantNormRescale,

    /// <summary>(x − μ) / (σ + 1e-5) with the unbiased σ of each token; the reconstruction becomes r·σ + μ.</summary>
    LayerNorm,
}

/// <summary>What an SAE says of itself: SAELens's <c>cfg.json</c>, version 6.</summary>
public sealed record SaeConfig
{
    /// <summary>How the features are made.</summary>
    public required SaeArchitecture Architecture { get; init; }

    /// <summary>The width of what it encodes.</summary>
    public required int DIn { get; init; }

    /// <summary>The number of features.</summary>
    public required int DSae { get; init; }

    /// <summary>Whether b_dec is taken from the input before encoding.</summary>
    public required bool ApplyBDecToInput { get; init; }

    /// <summary>What is done to an input first.</summary>
    public required SaeNormalization Normalization { get; init; }

    /// <summary>
    /// A normalisation that belongs folded into the weights but is still named in the configuration, such as
    /// <c>expected_average_only_in</c>; null for none. Like SAELens, encoding ignores it.
    /// </summary>
    public string? UnfoldedNormalization { get; init; }

    /// <summary>Whether the heads of hook_z are laid side by side: [pos, head, d_head] is encoded as [pos, head · d_head].</summary>
    public required bool FlattensHeads { get; init; }

    /// <summary>The hook it was trained on.</summary>
    public required HookPoint Hook { get; init; }

    /// <summary>The model it was trained on, if it says.</summary>
    public string? ModelName { get; init; }

    /// <summary>Whether its training texts began with the beginning-of-sequence token.</summary>
    public bool PrependBos { get; init; } = true;

    /// <summary>The number of tokens in a row of its training texts, if it says.</summary>
    public int? ContextSize { get; init; }

    /// <summary>Reads a <c>cfg.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFileException">A field is missing or makes no sense.</exception>
    /// <exception cref="SaeException">The SAE is of a kind that cannot be computed here.</exception>
    public static SaeConfig Read(string path)
    {
        var file = ConfigFile.Read(path);
        if (!file.Has("metadata") && file.Has("hook_name") | file.Has("hook_point"))
            throw new SaeException($"{path}: this is a cfg.json from before SAELens 6 (its hook stands outside 'metadata'); save the SAE again with SAELens 6.");
        if (file.Has("metadata.hook_head_index"))
            throw new SaeException($"{path}: the SAE was trained on one head only ('hook_head_index' is {file.Int("metadata.hook_head_index", 0, 1 << 16)}), which cannot be spliced in; use one trained on all heads.");
        var hook = file.Text("metadata.hook_name") ?? throw file.Fault("'metadata.hook_name' is missing, so it is not known where the SAE belongs.");
        return new SaeConfig
        {
            Architecture = file.Text("architecture") switch
            {
                "standard" => SaeArchitecture.Standard,
                "jumprelu" => SaeArchitecture.JumpReLU,
                var other => throw new SaeException($"{path}: the architecture is '{other ?? "not given"}'; the ones that can be computed are standard and jumprelu."),
            },
            DIn = file.Int("d_in", 1, 1 << 22),
            DSae = file.Int("d_sae", 1, 1 << 26),
            ApplyBDecToInput = file.Flag("apply_b_dec_to_input", true),
            Normalization = file.Text("normalize_activations") switch
            {
                // These two only mark a factor that has to be folded into the weights when they are converted; SAELens's encode ignores them.
                null or "none" or "expected_average_only_in" or "covariance_whitening" => SaeNormalization.None,
                "constant_norm_rescale" => SaeNormalization.ConstantNormRescale,
                "layer_norm" => SaeNormalization.LayerNorm,
                var other => throw new SaeException($"{path}: 'normalize_activations' is '{other}'; the ones that can be computed are none, constant_norm_rescale, layer_norm and expected_average_only_in."),
            },
            UnfoldedNormalization = file.Text("normalize_activations") is "expected_average_only_in" or "covariance_whitening" ? file.Text("normalize_activations") : null,
            FlattensHeads = file.Text("reshape_activations") switch
            {
                null or "none" => false,
                "hook_z" => true,
                var other => throw new SaeException($"{path}: 'reshape_activations' is '{other}'; the ones that can be computed are none and hook_z."),
            },
            Hook = HookPoint.TryParse(hook, out var point) && point.Sae == SaeSite.None
                ? point
                : throw new SaeException($"{path}: 'metadata.hook_name' is '{hook}', which is no hook of a model."),
            ModelName = file.Text("metadata.model_name"),
            PrependBos = file.Flag("metadata.prepend_bos", true),
            ContextSize = file.Has("metadata.context_size") ? file.Int("metadata.context_size", 1, 1 << 24) : null,
        };
    }
}
