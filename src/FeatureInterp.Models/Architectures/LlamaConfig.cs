namespace FeatureInterp.Models;

/// <summary>What Llama's <c>config.json</c> says, checked.</summary>
internal sealed record LlamaConfig(TransformerConfig Shape, float AttentionScale, RopeTable Rope)
{
    public static LlamaConfig Read(ConfigFile file)
    {
        file.RequireActivation("Llama", "hidden_act", "silu");
        file.RequireFlag("Llama", "attention_bias", false);
        file.RequireFlag("Llama", "mlp_bias", false);
        var shape = file.Shape();
        return new LlamaConfig(shape, shape.StandardScale(), file.Rope(shape.HeadDim));
    }

    public static ModelWeights Weights(CheckpointReader file, ConfigFile config, TransformerConfig shape) =>
        new DecoderWeights(file, shape, (float)config.Number("rms_norm_eps", 0, 1)).Read(tied: config.Flag("tie_word_embeddings", false));
}
