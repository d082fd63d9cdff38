namespace FeatureInterp.Models;

/// <summary>What Gemma-2's <c>config.json</c> says, checked.</summary>
internal sealed record Gemma2Config
{
    public required TransformerConfig Shape { get; init; }

    public required LayerOrder Order { get; init; }

    /// <summary>For each layer, whether attention sees only <see cref="Window"/> positions.</summary>
    public required bool[] IsLocal { get; init; }

    public required int Window { get; init; }

    /// <summary>1 / √query_pre_attn_scalar.</summary>
    public required float AttentionScale { get; init; }

    /// <summary>0 for none.</summary>
    public required float AttentionSoftCap { get; init; }

    /// <summary>0 for none.</summary>
    public required float LogitSoftCap { get; init; }

    public required float Eps { get; init; }

    public required double RopeBase { get; init; }

    public required bool TiedEmbeddings { get; init; }

    public static Gemma2Config Read(ConfigFile file, LayerOrder order)
    {
        var heads = file.Int("num_attention_heads", 1, 4096);
        var shape = new TransformerConfig
        {
            Layers = file.Int("num_hidden_layers", 1, 1000),
            DModel = file.Int("hidden_size", 1, 1 << 20),
            Heads = heads,
            KeyValueHeads = file.Int("num_key_value_heads", 1, 4096),
            HeadDim = file.Int("head_dim", 2, 1 << 16),
            DMlp = file.Int("intermediate_size", 1, 1 << 22),
            VocabSize = file.Int("vocab_size", 1, 1 << 24),
            ContextLength = file.Int("max_position_embeddings", 1, 1 << 24),
        };
        if (heads % shape.KeyValueHeads != 0)
            throw file.Fault($"{heads} heads cannot share {shape.KeyValueHeads} key/value heads evenly; 'num_attention_heads' must be a multiple of 'num_key_value_heads'.");
        if (shape.HeadDim % 2 != 0)
            throw file.Fault($"'head_dim' is {shape.HeadDim}, but rotary positions turn pairs and need an even width.");
        CheckSupported(file);

        return new Gemma2Config
        {
            Shape = shape,
            Order = order,
            IsLocal = LocalLayers(file, shape.Layers, order),
            Window = file.Int("sliding_window", 1, 1 << 24),
            AttentionScale = (float)(1 / Math.Sqrt(file.Number("query_pre_attn_scalar", 1e-3, 1e6))),
            AttentionSoftCap = (float)file.Number("attn_logit_softcapping", 1e-3, 1e6, 0),
            LogitSoftCap = (float)file.Number("final_logit_softcapping", 1e-3, 1e6, 0),
            Eps = (float)file.Number("rms_norm_eps", 0, 1),
            RopeBase = file.Number("rope_theta", 1, 1e12, file.Number("rope_parameters.rope_theta", 1, 1e12, 10_000)),
            TiedEmbeddings = file.Flag("tie_word_embeddings", true),
        };
    }

    private static void CheckSupported(ConfigFile file)
    {
        var activation = file.Text("hidden_activation") ?? file.Text("hidden_act") ?? "gelu_pytorch_tanh";
        if (activation != "gelu_pytorch_tanh")
            throw file.Fault($"the activation is '{activation}', but Gemma-2 is computed with 'gelu_pytorch_tanh'.");
        if (file.Flag("attention_bias", false))
            throw file.Fault("'attention_bias' is true, but Gemma-2 has no biases.");
        if (file.Text("rope_parameters.rope_type") is { } kind and not "default")
            throw file.Fault($"'rope_parameters.rope_type' is '{kind}', but Gemma-2 is computed with unscaled rotary positions ('default').");
    }

    // Newer files list the kind of each layer; in older ones even layers are local.
    private static bool[] LocalLayers(ConfigFile file, int layers, LayerOrder order)
    {
        var kinds = file.Texts("layer_types");
        if (kinds is not null && (kinds.Count != layers || kinds.Any(k => k is not ("sliding_attention" or "full_attention"))))
            throw file.Fault($"'layer_types' must name each of the {layers} layers 'sliding_attention' or 'full_attention'.");
        var local = new bool[layers];
        for (var layer = 0; layer < layers; layer++)
            local[layer] = (kinds is null ? layer % 2 == 0 : kinds[layer] == "sliding_attention") == (order == LayerOrder.LocalFirst);
        return local;
    }
}
