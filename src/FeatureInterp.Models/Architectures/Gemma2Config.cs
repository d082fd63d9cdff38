namespace FeatureInterp.Models;

/// <summary>What Gemma-2's <c>config.json</c> says, checked.</summary>
/// <param name="Shape">The dimensions.</param>
/// <param name="IsLocal">For each layer, whether attention sees only <paramref name="Window"/> positions.</param>
/// <param name="Window">How many positions a local layer sees.</param>
/// <param name="AttentionScale">1 / √query_pre_attn_scalar.</param>
/// <param name="AttentionSoftCap">0 for none.</param>
/// <param name="LogitSoftCap">0 for none.</param>
/// <param name="Rope">The rotary positions.</param>
internal sealed record Gemma2Config(
    TransformerConfig Shape, bool[] IsLocal, int Window, float AttentionScale, float AttentionSoftCap, float LogitSoftCap, RopeTable Rope)
{
    public static Gemma2Config Read(ConfigFile file, LayerOrder order)
    {
        var activation = file.Has("hidden_activation") ? "hidden_activation" : "hidden_act";
        file.RequireActivation("Gemma-2", activation, "gelu_pytorch_tanh");
        file.RequireFlag("Gemma-2", "attention_bias", false);
        var shape = file.Shape(namesHeads: true);
        var local = file.LocalLayers(shape.Layers, layer => layer % 2 == 0);
        return new Gemma2Config(
            shape,
            order == LayerOrder.LocalFirst ? local : Array.ConvertAll(local, l => !l),
            file.Int("sliding_window", 1, 1 << 24),
            (float)(1 / Math.Sqrt(file.Number("query_pre_attn_scalar", 1e-3, 1e6))),
            (float)file.Number("attn_logit_softcapping", 1e-3, 1e6, 0),
            (float)file.Number("final_logit_softcapping", 1e-3, 1e6, 0),
            file.Rope(shape.HeadDim));
    }

    public static ModelWeights Weights(CheckpointReader file, ConfigFile config, TransformerConfig shape) =>
        new DecoderWeights(file, shape, (float)config.Number("rms_norm_eps", 0, 1)) { GainsAreOffsets = true, PostNorms = true }.Read(tied: config.Flag("tie_word_embeddings", true));
}
