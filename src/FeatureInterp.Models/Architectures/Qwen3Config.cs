namespace FeatureInterp.Models;

/// <summary>What Qwen3's <c>config.json</c> says, checked.</summary>
/// <param name="Shape">The dimensions.</param>
/// <param name="AttentionScale">1 / √d_head.</param>
/// <param name="Window">How many positions a local layer sees.</param>
/// <param name="IsLocal">For each layer, whether it sees only <paramref name="Window"/> positions.</param>
/// <param name="Rope">The rotary positions.</param>
internal sealed record Qwen3Config(TransformerConfig Shape, float AttentionScale, int Window, bool[] IsLocal, RopeTable Rope)
{
    public int WindowOf(int layer) => IsLocal[layer] ? Window : 0;

    public static Qwen3Config Read(ConfigFile file)
    {
        file.RequireActivation("Qwen3", "hidden_act", "silu");
        file.RequireFlag("Qwen3", "attention_bias", false);
        var shape = file.Shape();
        var (window, local) = QwenWindow.Read(file, shape.Layers);
        return new Qwen3Config(shape, shape.StandardScale(), window, local, file.Rope(shape.HeadDim, 1_000_000));
    }

    public static ModelWeights Weights(CheckpointReader file, ConfigFile config, TransformerConfig shape) =>
        new DecoderWeights(file, shape, (float)config.Number("rms_norm_eps", 0, 1)) { HeadNorms = true }.Read(tied: config.Flag("tie_word_embeddings", false));
}
