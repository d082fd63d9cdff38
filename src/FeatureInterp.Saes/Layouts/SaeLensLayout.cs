using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>SAELens's own: <c>cfg.json</c> and <c>sae_weights.safetensors</c>, of version 6 and from before.</summary>
internal sealed class SaeLensLayout : ISaeLayout
{
    public string Name => "sae_lens";

    public string Title => "SAELens (cfg.json, sae_weights.safetensors)";

    public bool Recognizes(string path) => File.Exists(Path.Combine(path, "cfg.json")) && File.Exists(Path.Combine(path, "sae_weights.safetensors"));

    public SaeFiles Read(string path, SaeLoadOptions options)
    {
        var config = SaeLensConfig.Read(Path.Combine(path, "cfg.json"), options, out var skips);
        var file = Path.Combine(path, "sae_weights.safetensors");
        var arrays = new Arrays(WeightSource.Of(SafetensorsFile.Open(file)));
        var weights = Weights(arrays, config, skips);
        CheckScalingFactor(arrays, config);
        arrays.CheckAllTaken(config);
        return new SaeFiles(this, config, weights, [file]);
    }

    private static SaeWeights Weights(Arrays arrays, SaeConfig config, bool skips)
    {
        int f = config.DSae, d = config.DIn;
        var hasEncoder = config.Pursuit is null && config.Temporal is not { Tied: true };
        return new SaeWeights
        {
            Encoder = hasEncoder ? new SaeMatrix(arrays.Take("W_enc", d, f), FeaturesFirst: false) : null,
            EncoderBias = config.Architecture is SaeArchitecture.Standard or SaeArchitecture.JumpReLU or SaeArchitecture.TopK ? arrays.Take("b_enc", f).ToTensor() : null,
            Decoder = new SaeMatrix(arrays.Take("W_dec", f, config.DOut), FeaturesFirst: true),
            DecoderBias = arrays.Take("b_dec", config.DOut).ToTensor(),
            Threshold = config.Architecture == SaeArchitecture.JumpReLU ? Threshold(arrays, f) : null,
            Gate = config.Architecture == SaeArchitecture.Gated
                ? new GateWeights(arrays.Take("b_gate", f).ToTensor(), arrays.Take("b_mag", f).ToTensor(), arrays.Take("r_mag", f).ToTensor())
                : null,
            Skip = skips ? arrays.Take("W_skip", config.DOut, d) : null,
            Attention = config.Temporal is { } t ? [.. Enumerable.Range(0, t.Layers).Select(l => Attention(arrays, l, f, f / t.Bottleneck))] : [],
        };
    }

    // Older checkpoints hold its logarithm.
    private static Tensor Threshold(Arrays arrays, int features)
    {
        if (arrays.Has("threshold") || !arrays.Has("log_threshold"))
            return arrays.Take("threshold", features).ToTensor();
        var threshold = arrays.Take("log_threshold", features).ToTensor();
        Kernels.Exp(threshold.Span, threshold.Span);
        return threshold;
    }

    private static TemporalAttentionWeights Attention(Arrays arrays, int layer, int features, int narrow)
    {
        return new(Map("q_target", narrow), Map("k_ctx", narrow), Map("v_ctx", features), Map("c_proj", features));

        BiasedMatrix Map(string name, int width) =>
            new(arrays.Take($"attn_layers.{layer}.{name}.weight", width, features), arrays.Take($"attn_layers.{layer}.{name}.bias", width).ToTensor());
    }

    // A factor a feature from before version 6, which no version of SAELens 6 can apply; all ones, it does nothing.
    private static void CheckScalingFactor(Arrays arrays, SaeConfig config)
    {
        foreach (var name in new[] { "scaling_factor", "finetuning_scaling_factor" })
        {
            if (arrays.Has(name) && arrays.Take(name, config.DSae).ToTensor().Span.ContainsAnyExcept(1f))
                throw new WeightFileException(arrays.Path, $"'{name}' is not all ones: the SAE was fine-tuned with a factor for each feature, which SAELens 6 cannot apply either; multiply it into W_dec and leave it out.");
        }
    }

    /// <summary>The arrays of the file, each taken once and checked.</summary>
    private sealed class Arrays(WeightSource source)
    {
        private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

        public string Path => source.Path;

        public bool Has(string name) => source.TryFind(name) is not null;

        public Weight Take(string name, params ReadOnlySpan<long> wanted)
        {
            var weight = source[name];
            _taken.Add(name);
            if (!weight.Shape.SequenceEqual(wanted))
                throw new WeightFileException(source.PathOf(name), $"'{name}' is [{string.Join(", ", weight.Shape.ToArray())}], but cfg.json asks for [{string.Join(", ", wanted.ToArray())}]; do the two files belong together?");
            return weight.DType is DType.F32 or DType.BF16 or DType.F16
                ? weight
                : throw new WeightFileException(source.PathOf(name), $"'{name}' is stored as {weight.DType}; only F32, BF16 and F16 can be computed with.");
        }

        // An array that goes unused is how an SAE of one kind is taken for another.
        public void CheckAllTaken(SaeConfig config)
        {
            var left = source.Names.FirstOrDefault(n => !_taken.Contains(n));
            if (left is not null)
                throw new WeightFileException(source.PathOf(left), $"'{left}' belongs to no {config.Architecture} SAE, which cfg.json says this is; do the two files belong together?");
        }
    }
}
