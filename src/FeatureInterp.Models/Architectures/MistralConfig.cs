namespace FeatureInterp.Models;

/// <summary>What Mistral's <c>config.json</c> says, checked.</summary>
/// <param name="Shape">The dimensions.</param>
/// <param name="AttentionScale">1 / √d_head.</param>
/// <param name="Window">How many positions every layer sees; 0 for all (<c>sliding_window</c> null, as from version 0.2 on).</param>
/// <param name="Rope">The rotary positions.</param>
internal sealed record MistralConfig(TransformerConfig Shape, float AttentionScale, int Window, RopeTable Rope)
{
    public static MistralConfig Read(ConfigFile file)
    {
        file.RequireActivation("Mistral", "hidden_act", "silu");
        var shape = file.Shape();
        return new MistralConfig(shape, shape.StandardScale(), file.Int("sliding_window", 1, 1 << 24, 0), file.Rope(shape.HeadDim));
    }

    public static ModelWeights Weights(CheckpointReader file, ConfigFile config, TransformerConfig shape) =>
        new DecoderWeights(file, shape, (float)config.Number("rms_norm_eps", 0, 1)).Read(tied: config.Flag("tie_word_embeddings", false));
}
