using System.Globalization;

namespace FeatureInterp.Saes;

/// <summary>Puts what the caller knows better over what files say; see <see cref="SaeLoadOptions.Overrides"/>.</summary>
internal static class SaeOverrides
{
    private const string KeptName = "k", NestedKeptName = "activation_fn_kwargs.k";

    // What SAELens's releases override and what has no meaning here.
    private static readonly string[] Meaningless = ["device", "dtype", "dataset_trust_remote_code", "finetuning_scaling_factor", "sae_lens_training_version", "revision"];

    /// <summary>How many features are kept, when the caller says it.</summary>
    /// <exception cref="SaeException">It is no whole number.</exception>
    public static int? K(SaeLoadOptions options) =>
        options.Overrides.TryGetValue(KeptName, out var k) || options.Overrides.TryGetValue(NestedKeptName, out k) ? Int(KeptName, k) : null;

    /// <summary>The configuration with the caller's values.</summary>
    /// <exception cref="SaeException">A value makes no sense, or contradicts the arrays.</exception>
    public static SaeConfig Apply(SaeConfig config, SaeLoadOptions options)
    {
        foreach (var (name, value) in options.Overrides)
            config = Apply(config, name, value);
        return config;
    }

    private static SaeConfig Apply(SaeConfig config, string name, string value) => name switch
    {
        "normalize_activations" => Normalized(config, value),
        "apply_b_dec_to_input" => config with { ApplyBDecToInput = Flag(name, value) },
        "reshape_activations" => config with { FlattensHeads = value switch { "hook_z" => true, "none" => false, _ => throw Fault(name, value, "hook_z or none") } },
        KeptName or NestedKeptName => Int(name, value) is var k && config.TopK is { } topK && k >= 1 && k <= config.DSae
            ? config with { TopK = topK with { K = k } }
            : throw Fault(name, value, config.TopK is null ? "nothing: the SAE keeps no fixed number of features" : $"a number from 1 to {config.DSae}"),
        "d_in" => Same(config, name, value, config.DIn),
        "d_out" => Same(config, name, value, config.DOut),
        "d_sae" => Same(config, name, value, config.DSae),
        "hook_name" => config with { HookIn = SaeHook.Parse(value, name) },
        "hook_name_out" => config with { HookOut = SaeHook.Parse(value, name) },
        _ => config with { Origin = Origin(config.Origin, name, value) },
    };

    private static SaeOrigin Origin(SaeOrigin origin, string name, string value) => name switch
    {
        "model_name" => origin with { ModelName = value },
        "dataset_path" => origin with { Dataset = value },
        "context_size" => origin with { ContextSize = Int(name, value) },
        "prepend_bos" => origin with { PrependBos = Flag(name, value) },
        "neuronpedia_id" => origin with { NeuronpediaId = value },
        _ when Meaningless.Contains(name, StringComparer.Ordinal) => origin,
        _ => origin with { OtherFields = new Dictionary<string, string>(origin.OtherFields, StringComparer.Ordinal) { [name] = value } },
    };

    private static SaeConfig Normalized(SaeConfig config, string value) => value switch
    {
        "none" => config with { Normalization = SaeNormalization.None, Origin = config.Origin with { UnfoldedNormalization = null } },
        "expected_average_only_in" => config with { Normalization = SaeNormalization.None, Origin = config.Origin with { UnfoldedNormalization = value } },
        "constant_norm_rescale" => config with { Normalization = SaeNormalization.ConstantNormRescale, Origin = config.Origin with { UnfoldedNormalization = null } },
        "layer_norm" => config with { Normalization = SaeNormalization.LayerNorm, Origin = config.Origin with { UnfoldedNormalization = null } },
        _ => throw Fault("normalize_activations", value, "none, expected_average_only_in, constant_norm_rescale or layer_norm"),
    };

    private static SaeConfig Same(SaeConfig config, string name, string value, int actual) =>
        Int(name, value) == actual ? config : throw Fault(name, value, $"{actual}, which the arrays have");

    private static int Int(string name, string value) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw Fault(name, value, "a whole number");

    private static bool Flag(string name, string value) => value switch { "true" or "True" => true, "false" or "False" => false, _ => throw Fault(name, value, "true or false") };

    private static SaeException Fault(string name, string value, string wanted) => new($"'{name}' cannot be overridden with '{value}', where {wanted} was expected.");
}
