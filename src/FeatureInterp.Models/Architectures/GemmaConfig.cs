namespace FeatureInterp.Models;

/// <summary>What Gemma's <c>config.json</c> says, checked.</summary>
/// <param name="Shape">The dimensions.</param>
/// <param name="AttentionScale">1 / √d_head.</param>
/// <param name="Gelu">Which GELU; the file says "gelu" or "gelu_pytorch_tanh" and means the tanh form either way.</param>
/// <param name="Rope">The rotary positions.</param>
internal sealed record GemmaConfig(TransformerConfig Shape, float AttentionScale, GemmaGelu Gelu, RopeTable Rope)
{
    public static GemmaConfig Read(ConfigFile file, GemmaGelu gelu)
    {
        file.RequireActivation("Gemma", "hidden_act", "gelu_pytorch_tanh", "gelu");
        file.RequireActivation("Gemma", "hidden_activation", "gelu_pytorch_tanh", "gelu");
        file.RequireFlag("Gemma", "attention_bias", false);
        var shape = file.Shape(namesHeads: true);
        return new GemmaConfig(shape, shape.StandardScale(), gelu, file.Rope(shape.HeadDim));
    }

    public static ModelWeights Weights(CheckpointReader file, ConfigFile config, TransformerConfig shape) =>
        new DecoderWeights(file, shape, (float)config.Number("rms_norm_eps", 0, 1)) { GainsAreOffsets = true }.Read(tied: config.Flag("tie_word_embeddings", true));
}
