using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>SAELens 6's <c>cfg.json</c>.</summary>
internal static class SaeLensConfig
{
    /// <summary>Reads the file.</summary>
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
        var dIn = file.Int("d_in", 1, 1 << 22);
        return new SaeConfig
        {
            Architecture = file.Text("architecture") switch
            {
                "standard" => SaeArchitecture.Standard,
                "jumprelu" => SaeArchitecture.JumpReLU,
                var other => throw new SaeException($"{path}: the architecture is '{other ?? "not given"}'; the ones that can be computed are standard and jumprelu."),
            },
            DIn = dIn,
            DOut = dIn,
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
            FlattensHeads = file.Text("reshape_activations") switch
            {
                null or "none" => false,
                "hook_z" => true,
                var other => throw new SaeException($"{path}: 'reshape_activations' is '{other}'; the ones that can be computed are none and hook_z."),
            },
            HookIn = HookPoint.TryParse(hook, out var point) && point.Sae == SaeSite.None
                ? point
                : throw new SaeException($"{path}: 'metadata.hook_name' is '{hook}', which is no hook of a model."),
            Origin = new SaeOrigin
            {
                ModelName = file.Text("metadata.model_name"),
                PrependBos = file.Flag("metadata.prepend_bos", true),
                ContextSize = file.Has("metadata.context_size") ? file.Int("metadata.context_size", 1, 1 << 24) : null,
                UnfoldedNormalization = file.Text("normalize_activations") is "expected_average_only_in" or "covariance_whitening" ? file.Text("normalize_activations") : null,
            },
        };
    }
}
