using FeatureInterp.Models;

namespace FeatureInterp.Saes;

/// <summary>
/// SAELens's <c>cfg.json</c>: version 6, where what concerns training stands in 'metadata', and the flat one from before it, of which the
/// defaults and old names are those SAELens 6 reads it with.
/// </summary>
internal static class SaeLensConfig
{
    private const int MostFeatures = 1 << 26;

    // Fields that are read, and those of which nothing depends here.
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "architecture", "d_in", "d_out", "d_sae", "dtype", "device", "apply_b_dec_to_input", "normalize_activations", "reshape_activations", "metadata",
        "k", "rescale_acts_by_decoder_norm", "n_heads", "n_attn_layers", "bottleneck_factor", "sae_diff_type", "kval_topk", "tied_weights",
        "activation_normalization_factor", "residual_threshold", "max_iterations", "stop_on_duplicate_support", "finetuning_scaling_factor",
        "model_name", "hook_name", "hook_name_out", "hook_head_index", "hook_point", "hook_point_head_index", "dataset_path", "context_size", "prepend_bos",
        "neuronpedia_id", "activation_fn", "activation_fn_str", "activation_fn_kwargs",
    };

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What the caller knows better.</param>
    /// <param name="skips">Whether it is a skip transcoder.</param>
    /// <exception cref="ModelFileException">A field is missing or makes no sense.</exception>
    /// <exception cref="SaeException">The SAE is of a kind that cannot be computed here.</exception>
    public static SaeConfig Read(string path, SaeLoadOptions options, out bool skips)
    {
        var file = ConfigFile.Read(path);
        var isFlat = !file.Has("metadata") || file.Has("hook_name") || file.Has("hook_point");
        var at = isFlat ? "" : "metadata.";
        var headIndex = FirstOf(file, at + "hook_head_index", at + "hook_point_head_index");
        if (headIndex is not null)
            throw new SaeException($"{path}: the SAE was trained on one head only ('{headIndex}' is {file.Int(headIndex, 0, 1 << 16)}), which cannot be spliced in; use one trained on all heads.");
        var hookField = FirstOf(file, at + "hook_name", at + "hook_point");
        var hook = hookField is null ? null : file.Text(hookField);

        var (architecture, isTranscoder) = Architecture(file, path, isFlat);
        skips = file.Text("architecture") is "skip_transcoder" or "jumprelu_skip_transcoder";
        var dIn = file.Int("d_in", 1, 1 << 22);
        var dSae = file.Int("d_sae", 1, MostFeatures);
        var normalization = Normalization(file, isFlat);
        return new SaeConfig
        {
            Architecture = architecture,
            DIn = dIn,
            DOut = isTranscoder ? file.Int("d_out", 1, 1 << 22) : dIn,
            DSae = dSae,
            IsTranscoder = isTranscoder,
            ApplyBDecToInput = file.Flag("apply_b_dec_to_input", !isTranscoder),
            Normalization = normalization switch
            {
                // These two only mark something that has to be folded into the weights when they are converted; SAELens's encode ignores them.
                "none" or "expected_average_only_in" or "covariance_whitening" => SaeNormalization.None,
                "constant_norm_rescale" => SaeNormalization.ConstantNormRescale,
                "layer_norm" => SaeNormalization.LayerNorm,
                "constant_scalar_rescale" => SaeNormalization.ConstantScalarRescale,
                var other => throw new SaeException($"{path}: 'normalize_activations' is '{other}'; the ones that can be computed are none, constant_norm_rescale, layer_norm, constant_scalar_rescale, expected_average_only_in and covariance_whitening."),
            },
            NormalizationFactor = normalization == "constant_scalar_rescale"
                ? file.Number("activation_normalization_factor", 1e-30, 1e30, architecture == SaeArchitecture.Temporal ? 1 : null)
                : 1,
            FlattensHeads = Reshapes(file, path, isFlat, hook),
            HookIn = Hook(path, hookField, hook, options.Hook),
            HookOut = isTranscoder ? Hook(path, at + "hook_name_out", file.Text(at + "hook_name_out"), options.HookOut) : null,
            TopK = architecture == SaeArchitecture.TopK ? TopK(file, isFlat) : null,
            Temporal = architecture == SaeArchitecture.Temporal ? Temporal(file, path, dSae) : null,
            Pursuit = architecture == SaeArchitecture.MatchingPursuit ? Pursuit(file) : null,
            Origin = Origin(file, at, normalization),
        };
    }

    private static (SaeArchitecture Architecture, bool IsTranscoder) Architecture(ConfigFile file, string path, bool isFlat)
    {
        var name = file.Text("architecture") ?? (isFlat ? "standard" : null);
        if (isFlat && name == "standard" && Activation(file) == "topk")
            name = "topk";
        return name switch
        {
            "standard" => (SaeArchitecture.Standard, false),
            "gated" => (SaeArchitecture.Gated, false),
            "jumprelu" => (SaeArchitecture.JumpReLU, false),
            "topk" or "abstopk" => (SaeArchitecture.TopK, false),
            "transcoder" or "skip_transcoder" => (SaeArchitecture.Standard, true),
            "jumprelu_transcoder" or "jumprelu_skip_transcoder" => (SaeArchitecture.JumpReLU, true),
            "temporal" => (SaeArchitecture.Temporal, false),
            "matching_pursuit" => (SaeArchitecture.MatchingPursuit, false),
            "batchtopk" or "matryoshka_batchtopk" => throw new SaeException($"{path}: this is a checkpoint from the training of a {name} SAE, whose threshold is not final; save it for inference (SAELens: save_inference_model), which makes it a jumprelu SAE."),
            var other => throw new SaeException($"{path}: the architecture is '{other ?? "not given"}'; the ones that can be computed are standard, gated, jumprelu, topk, abstopk, transcoder, skip_transcoder, jumprelu_transcoder, jumprelu_skip_transcoder, temporal and matching_pursuit."),
        };
    }

    // Before version 6 the kind could hide in the activation function.
    private static string Activation(ConfigFile file)
    {
        var field = FirstOf(file, "activation_fn", "activation_fn_str");
        var name = field is null ? "relu" : file.Text(field)!;
        return name is "relu" or "topk" ? name : throw file.Fault($"'{field}' is '{name}'; the ones that can be computed are relu and topk.");
    }

    // What is not given means none; before version 6 it could also be a yes or no.
    private static string Normalization(ConfigFile file, bool isFlat)
    {
        const string Field = "normalize_activations";
        if (isFlat && file.Raw(Field) is "true" or "false")
            return file.Flag(Field, false) ? "expected_average_only_in" : "none";
        return file.Text(Field) ?? "none";
    }

    // Before version 6, an SAE of hook_z flattened heads without saying so.
    private static bool Reshapes(ConfigFile file, string path, bool isFlat, string? hook) => file.Text("reshape_activations") switch
    {
        null => isFlat && hook is not null && hook.EndsWith("hook_z", StringComparison.Ordinal),
        "none" => false,
        "hook_z" => true,
        var other => throw new SaeException($"{path}: 'reshape_activations' is '{other}'; the ones that can be computed are none and hook_z."),
    };

    private static HookPoint? Hook(string path, string? field, string? name, HookPoint? told)
    {
        if (told is not null || name is null)
            return told;
        return HookPoint.TryParse(name, out var point) && point.Sae == SaeSite.None
            ? point
            : throw new SaeException($"{path}: '{field}' is '{name}', which is no hook of a model; name the hook when loading (SaeLoadOptions).");
    }

    private static SaeTopK TopK(ConfigFile file, bool isFlat) => new(
        file.Int(isFlat && !file.Has("k") ? "activation_fn_kwargs.k" : "k", 1, MostFeatures),
        ByMagnitude: file.Text("architecture") == "abstopk",
        RescaleByDecoderNorm: file.Flag("rescale_acts_by_decoder_norm", false));

    private static SaeTemporal Temporal(ConfigFile file, string path, int dSae)
    {
        int heads = file.Int("n_heads", 1, 1 << 16, 8), bottleneck = file.Int("bottleneck_factor", 1, MostFeatures, 64);
        if (dSae % ((long)bottleneck * heads) != 0)
            throw file.Fault($"'d_sae' is {dSae}, which {heads} heads ('n_heads') and a bottleneck of {bottleneck} ('bottleneck_factor') do not divide.");
        var topK = file.Text("sae_diff_type") switch
        {
            null or "topk" => file.Has("kval_topk") ? file.Int("kval_topk", 1, MostFeatures) : (int?)null,
            "relu" => null,
            var other => throw new SaeException($"{path}: 'sae_diff_type' is '{other}'; the ones that can be computed are relu and topk."),
        };
        return new SaeTemporal(heads, file.Int("n_attn_layers", 0, 1024, 1), bottleneck, topK, file.Flag("tied_weights", true));
    }

    private static SaePursuit Pursuit(ConfigFile file) => new(
        file.Number("residual_threshold", 0, 1e30, 1e-2),
        file.Has("max_iterations") ? file.Int("max_iterations", 1, 1 << 26) : null,
        file.Flag("stop_on_duplicate_support", true));

    private static SaeOrigin Origin(ConfigFile file, string at, string normalization) => new()
    {
        ModelName = file.Text(at + "model_name"),
        PrependBos = file.Flag(at + "prepend_bos", true),
        ContextSize = file.Has(at + "context_size") ? file.Int(at + "context_size", 1, 1 << 24) : null,
        Dataset = file.Text(at + "dataset_path"),
        NeuronpediaId = file.Text(at + "neuronpedia_id"),
        UnfoldedNormalization = normalization is "expected_average_only_in" or "covariance_whitening" ? normalization : null,
        OtherFields = Others(file),
    };

    private static Dictionary<string, string> Others(ConfigFile file)
    {
        var names = file.Fields().Concat(file.Fields("metadata").Select(f => "metadata." + f));
        return names.Where(n => !Known.Contains(n[(n.LastIndexOf('.') + 1)..]) && file.Has(n)).Distinct(StringComparer.Ordinal)
            .ToDictionary(n => n, n => file.Raw(n)!, StringComparer.Ordinal);
    }

    private static string? FirstOf(ConfigFile file, string name, string oldName) =>
        file.Has(name) ? name : file.Has(oldName) ? oldName : null;
}
