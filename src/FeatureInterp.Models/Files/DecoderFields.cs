namespace FeatureInterp.Models;

/// <summary>The fields of <c>config.json</c> that Hugging Face's decoders share.</summary>
internal static class DecoderFields
{
    /// <summary>The dimensions, under the names Llama introduced.</summary>
    /// <param name="file">The configuration.</param>
    /// <param name="namesHeads">Whether <c>num_key_value_heads</c> and <c>head_dim</c> must be there: Gemma's are related to nothing else. Elsewhere every head has its own keys and values, and heads share the width.</param>
    public static TransformerConfig Shape(this ConfigFile file, bool namesHeads = false)
    {
        var heads = file.Int("num_attention_heads", 1, 4096);
        var width = file.Int("hidden_size", 1, 1 << 20);
        if (!namesHeads && !file.Has("head_dim") && width % heads != 0)
            throw file.Fault($"'hidden_size' is {width}, which {heads} heads cannot share evenly; without 'head_dim' it must be a multiple of 'num_attention_heads'.");
        var shape = new TransformerConfig
        {
            Layers = file.Int("num_hidden_layers", 1, 1000),
            DModel = width,
            Heads = heads,
            KeyValueHeads = file.Int("num_key_value_heads", 1, 4096, namesHeads ? null : heads),
            HeadDim = file.Int("head_dim", 2, 1 << 16, namesHeads ? null : Math.Max(2, width / heads)),
            DMlp = file.Int("intermediate_size", 1, 1 << 22),
            VocabSize = file.Int("vocab_size", 1, 1 << 24),
            ContextLength = file.Int("max_position_embeddings", 1, 1 << 24),
        };
        if (heads % shape.KeyValueHeads != 0)
            throw file.Fault($"{heads} heads cannot share {shape.KeyValueHeads} key/value heads evenly; 'num_attention_heads' must be a multiple of 'num_key_value_heads'.");
        return shape;
    }

    /// <summary>Scores are divided by √d_head.</summary>
    public static float StandardScale(this TransformerConfig shape) => (float)(1 / Math.Sqrt(shape.HeadDim));

    /// <summary>Refuses an activation other than the one the architecture is computed with.</summary>
    public static void RequireActivation(this ConfigFile file, string architecture, string field, params IReadOnlyList<string> known)
    {
        if (file.Text(field) is { } activation && !known.Contains(activation, StringComparer.Ordinal))
            throw file.Fault($"'{field}' is '{activation}', but {architecture} is computed with '{known[0]}'.");
    }

    /// <summary>Refuses a switch that the architecture is not computed with.</summary>
    public static void RequireFlag(this ConfigFile file, string architecture, string field, bool wanted)
    {
        if (file.Flag(field, wanted) != wanted)
            throw file.Fault($"'{field}' is {(wanted ? "false" : "true")}, but {architecture} is computed as published, where it is {(wanted ? "true" : "false")}.");
    }

    /// <summary>
    /// Which layers see only a sliding window: what <c>layer_types</c> says, else the family's rule.
    /// </summary>
    public static bool[] LocalLayers(this ConfigFile file, int layers, Func<int, bool> rule)
    {
        var kinds = file.Texts("layer_types");
        if (kinds is not null && (kinds.Count != layers || kinds.Any(k => k is not ("sliding_attention" or "full_attention"))))
            throw file.Fault($"'layer_types' must name each of the {layers} layers 'sliding_attention' or 'full_attention'.");
        var local = new bool[layers];
        for (var layer = 0; layer < layers; layer++)
            local[layer] = kinds is null ? rule(layer) : kinds[layer] == "sliding_attention";
        return local;
    }
}
