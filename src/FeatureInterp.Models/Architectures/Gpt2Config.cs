namespace FeatureInterp.Models;

/// <summary>What GPT-2's <c>config.json</c> says, checked.</summary>
internal sealed record Gpt2Config(TransformerConfig Shape, float AttentionScale)
{
    public static Gpt2Config Read(ConfigFile file)
    {
        file.RequireActivation("GPT-2", "activation_function", "gelu_new", "gelu_pytorch_tanh");
        file.RequireFlag("GPT-2", "scale_attn_weights", true);
        file.RequireFlag("GPT-2", "scale_attn_by_inverse_layer_idx", false);
        int heads = file.Int("n_head", 1, 4096), width = file.Int("n_embd", 1, 1 << 20);
        if (width % heads != 0)
            throw file.Fault($"'n_embd' is {width}, which {heads} heads cannot share evenly.");
        var shape = new TransformerConfig
        {
            Layers = file.Int("n_layer", 1, 1000),
            DModel = width,
            Heads = heads,
            KeyValueHeads = heads,
            HeadDim = width / heads,
            DMlp = file.Int("n_inner", 1, 1 << 22, 4 * width),
            VocabSize = file.Int("vocab_size", 1, 1 << 24),
            ContextLength = file.Int("n_positions", 1, 1 << 24),
        };
        return new Gpt2Config(shape, shape.StandardScale());
    }

    /// <summary>GPT-2's matrices are input-first, and c_attn is [W_Q, W_K, W_V] side by side. Published files have no prefix, those saved by newer tools <c>transformer.</c>.</summary>
    public static ModelWeights Weights(CheckpointReader file, ConfigFile config, TransformerConfig c)
    {
        var prefix = file.Has("transformer.wte.weight") ? "transformer." : "";
        var eps = (float)config.Number("layer_norm_epsilon", 0, 1);
        file.Ignore(".attn.bias", ".attn.masked_bias");
        int d = c.DModel;
        var blocks = new BlockWeights[c.Layers];
        for (var l = 0; l < blocks.Length; l++)
        {
            var block = $"{prefix}h.{l}.";
            var bias = file.Vector(block + "attn.c_attn.bias", 3 * d);
            var qkv = file.InputFirst(block + "attn.c_attn.weight", d, 3 * d, bias);
            blocks[l] = new BlockWeights
            {
                HeadDim = c.HeadDim,
                Ln1 = Norm(block + "ln_1"),
                Qkv = qkv,
                Q = qkv.Part(0, d),
                K = qkv.Part(d, d),
                V = qkv.Part(2 * d, d),
                O = file.InputFirst(block + "attn.c_proj.weight", d, d, file.Vector(block + "attn.c_proj.bias", d)),
                Ln2 = Norm(block + "ln_2"),
                In = file.InputFirst(block + "mlp.c_fc.weight", d, c.DMlp, file.Vector(block + "mlp.c_fc.bias", c.DMlp)),
                Out = file.InputFirst(block + "mlp.c_proj.weight", c.DMlp, d, file.Vector(block + "mlp.c_proj.bias", d)),
            };
        }

        var embed = file.Matrix(prefix + "wte.weight", c.VocabSize, d);
        var positions = file.Matrix(prefix + "wpe.weight", c.ContextLength, d);
        var tied = config.Flag("tie_word_embeddings", true);
        if (tied)
            file.Ignore("lm_head.weight");
        var unembed = tied ? embed : file.Matrix("lm_head.weight", c.VocabSize, d);
        return new ModelWeights(embed, positions, new LinearMap(unembed), Norm(prefix + "ln_f"), blocks);

        NormWeights Norm(string name) => new(file.Vector(name + ".weight", d), file.Vector(name + ".bias", d), eps);
    }
}
