namespace FeatureInterp.Models;

/// <summary>What Qwen2's <c>config.json</c> says, checked.</summary>
/// <param name="Shape">The dimensions.</param>
/// <param name="AttentionScale">1 / √d_head.</param>
/// <param name="Window">How many positions a local layer sees.</param>
/// <param name="IsLocal">For each layer, whether it sees only <paramref name="Window"/> positions.</param>
/// <param name="Rope">The rotary positions.</param>
internal sealed record Qwen2Config(TransformerConfig Shape, float AttentionScale, int Window, bool[] IsLocal, RopeTable Rope)
{
    public int WindowOf(int layer) => IsLocal[layer] ? Window : 0;

    public static Qwen2Config Read(ConfigFile file)
    {
        file.RequireActivation("Qwen2", "hidden_act", "silu");
        var shape = file.Shape();
        var (window, local) = QwenWindow.Read(file, shape.Layers);
        return new Qwen2Config(shape, shape.StandardScale(), window, local, file.Rope(shape.HeadDim));
    }

    public static ModelWeights Weights(CheckpointReader file, ConfigFile config, TransformerConfig shape) =>
        new DecoderWeights(file, shape, (float)config.Number("rms_norm_eps", 0, 1)) { QkvBiases = true }.Read(tied: config.Flag("tie_word_embeddings", false));
}

/// <summary>Qwen's sliding window: off unless <c>use_sliding_window</c>, and then only from layer <c>max_window_layers</c> (28 where the file does not say) on.</summary>
internal static class QwenWindow
{
    public static (int Window, bool[] IsLocal) Read(ConfigFile file, int layers)
    {
        var on = file.Flag("use_sliding_window", false) && file.Has("sliding_window");
        var from = file.Int("max_window_layers", 0, 1 << 20, 28);
        return (on ? file.Int("sliding_window", 1, 1 << 24) : 0, on ? file.LocalLayers(layers, layer => layer >= from) : new bool[layers]);
    }
}
