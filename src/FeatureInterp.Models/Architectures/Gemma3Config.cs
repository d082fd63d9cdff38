namespace FeatureInterp.Models;

/// <summary>What Gemma-3's text <c>config.json</c> says, checked.</summary>
/// <param name="Shape">The dimensions.</param>
/// <param name="IsLocal">For each layer, whether attention sees only <paramref name="Window"/> positions.</param>
/// <param name="Window">How many positions a local layer sees.</param>
/// <param name="AttentionScale">1 / √query_pre_attn_scalar.</param>
/// <param name="AttentionSoftCap">0 for none, as published.</param>
/// <param name="LogitSoftCap">0 for none, as published.</param>
/// <param name="Rope">The rotary positions of global layers, scaled in the larger models.</param>
/// <param name="LocalRope">Those of local layers, with a base of their own and never scaled.</param>
internal sealed record Gemma3Config(
    TransformerConfig Shape, bool[] IsLocal, int Window, float AttentionScale, float AttentionSoftCap, float LogitSoftCap, RopeTable Rope, RopeTable LocalRope)
{
    public static Gemma3Config Read(ConfigFile file)
    {
        file.RequireActivation("Gemma-3", "hidden_activation", "gelu_pytorch_tanh");
        file.RequireFlag("Gemma-3", "attention_bias", false);
        var shape = file.Shape(namesHeads: true);
        var pattern = file.Int("sliding_window_pattern", 1, 1000, file.Int("_sliding_window_pattern", 1, 1000, 6));
        return new Gemma3Config(
            shape,
            file.LocalLayers(shape.Layers, layer => (layer + 1) % pattern != 0),
            file.Int("sliding_window", 1, 1 << 24),
            (float)(1 / Math.Sqrt(file.Number("query_pre_attn_scalar", 1e-3, 1e6))),
            (float)file.Number("attn_logit_softcapping", 1e-3, 1e6, 0),
            (float)file.Number("final_logit_softcapping", 1e-3, 1e6, 0),
            file.Has("rope_parameters.full_attention") ? LayerRope(file, "full_attention", shape.HeadDim, 1_000_000) : file.Rope(shape.HeadDim, 1_000_000),
            file.Has("rope_local_base_freq") ? RopeTable.Plain(shape.HeadDim, file.Number("rope_local_base_freq", 1, 1e12)) : LayerRope(file, "sliding_attention", shape.HeadDim, 10_000));
    }

    public static ModelWeights Weights(CheckpointReader file, ConfigFile config, TransformerConfig shape) =>
        new DecoderWeights(file, shape, (float)config.Number("rms_norm_eps", 0, 1)) { GainsAreOffsets = true, PostNorms = true, HeadNorms = true }.Read(tied: config.Flag("tie_word_embeddings", true));

    // Newer files have one object for each kind of layer.
    private static RopeTable LayerRope(ConfigFile file, string layers, int width, double defaultBase)
    {
        var part = "rope_parameters." + layers;
        var kind = file.Text(part + ".rope_type") ?? "default";
        if (kind is not ("default" or "linear"))
            throw file.Fault($"'{part}' asks for rotary positions of the kind '{kind}'; the kinds that can be computed are default and linear.");
        return RopeTable.Plain(width, file.Number(part + ".rope_theta", 1, 1e12, defaultBase), kind == "linear" ? file.Number(part + ".factor", 1e-3, 1e6) : 1);
    }
}
