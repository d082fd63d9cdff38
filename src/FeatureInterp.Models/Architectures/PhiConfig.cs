namespace FeatureInterp.Models;

/// <summary>What Phi's <c>config.json</c> says, checked.</summary>
internal sealed record PhiConfig(TransformerConfig Shape, float AttentionScale, RopeTable Rope)
{
    public static PhiConfig Read(ConfigFile file)
    {
        file.RequireActivation("Phi", "hidden_act", "gelu_new", "gelu_pytorch_tanh");
        file.RequireFlag("Phi", "qk_layernorm", false);
        var shape = file.Shape();
        var part = file.Number("partial_rotary_factor", 0, 1, file.Number("rope_parameters.partial_rotary_factor", 0, 1, 0.5));
        return new PhiConfig(shape, shape.StandardScale(), file.Rope((int)(shape.HeadDim * part)));
    }

    public static ModelWeights Weights(CheckpointReader file, ConfigFile config, TransformerConfig c)
    {
        var eps = (float)config.Number("layer_norm_eps", 0, 1);
        int d = c.DModel, heads = c.Heads * c.HeadDim, shared = c.KeyValueHeads * c.HeadDim;
        var blocks = new BlockWeights[c.Layers];
        for (var l = 0; l < blocks.Length; l++)
        {
            var block = $"model.layers.{l}.";
            var norm = Norm(block + "input_layernorm");
            blocks[l] = new BlockWeights
            {
                HeadDim = c.HeadDim,
                Ln1 = norm,
                Q = file.Linear(block + "self_attn.q_proj", heads, d, hasBias: true),
                K = file.Linear(block + "self_attn.k_proj", shared, d, hasBias: true),
                V = file.Linear(block + "self_attn.v_proj", shared, d, hasBias: true),
                O = file.Linear(block + "self_attn.dense", d, heads, hasBias: true),
                Ln2 = norm,
                In = file.Linear(block + "mlp.fc1", c.DMlp, d, hasBias: true),
                Out = file.Linear(block + "mlp.fc2", d, c.DMlp, hasBias: true),
            };
        }

        var embed = file.Matrix("model.embed_tokens.weight", c.VocabSize, d);
        return new ModelWeights(embed, null, file.Linear("lm_head", c.VocabSize, d, hasBias: true), Norm("model.final_layernorm"), blocks);

        NormWeights Norm(string name) => new(file.Vector(name + ".weight", d), file.Vector(name + ".bias", d), eps);
    }
}
