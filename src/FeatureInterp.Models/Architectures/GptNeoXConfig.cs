namespace FeatureInterp.Models;

/// <summary>What GPT-NeoX's <c>config.json</c> says, checked.</summary>
internal sealed record GptNeoXConfig(TransformerConfig Shape, float AttentionScale, RopeTable Rope)
{
    public static GptNeoXConfig Read(ConfigFile file)
    {
        file.RequireActivation("GPT-NeoX", "hidden_act", "gelu");
        file.RequireFlag("GPT-NeoX", "use_parallel_residual", true);
        file.RequireFlag("GPT-NeoX", "attention_bias", true);
        var shape = file.Shape();
        var part = file.Number("rotary_pct", 0, 1, file.Number("rope_parameters.partial_rotary_factor", 0, 1, 0.25));
        var rotaryBase = file.Number("rotary_emb_base", 1, 1e12, 10_000);
        return new GptNeoXConfig(shape, shape.StandardScale(), file.Rope((int)(shape.HeadDim * part), rotaryBase));
    }

    /// <summary>One matrix holds q, k and v of head 0, then those of head 1, and so on.</summary>
    public static ModelWeights Weights(CheckpointReader file, ConfigFile config, TransformerConfig c)
    {
        var eps = (float)config.Number("layer_norm_eps", 0, 1);
        file.Ignore(".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq");
        int d = c.DModel, heads = c.Heads * c.HeadDim;
        var blocks = new BlockWeights[c.Layers];
        for (var l = 0; l < blocks.Length; l++)
        {
            var block = $"gpt_neox.layers.{l}.";
            var qkv = file.Linear(block + "attention.query_key_value", 3 * heads, d, hasBias: true);
            blocks[l] = new BlockWeights
            {
                HeadDim = c.HeadDim,
                Ln1 = Norm(block + "input_layernorm"),
                Qkv = qkv,
                Q = Part(qkv, 0),
                K = Part(qkv, 1),
                V = Part(qkv, 2),
                O = file.Linear(block + "attention.dense", d, heads, hasBias: true),
                Ln2 = Norm(block + "post_attention_layernorm"),
                In = file.Linear(block + "mlp.dense_h_to_4h", c.DMlp, d, hasBias: true),
                Out = file.Linear(block + "mlp.dense_4h_to_h", d, c.DMlp, hasBias: true),
            };
        }

        var embed = file.Matrix("gpt_neox.embed_in.weight", c.VocabSize, d);
        var unembed = config.Flag("tie_word_embeddings", false) ? embed : file.Matrix("embed_out.weight", c.VocabSize, d);
        return new ModelWeights(embed, null, new LinearMap(unembed), Norm("gpt_neox.final_layer_norm"), blocks);

        LinearMap Part(LinearMap qkv, int part) => file.Form.QkvSideBySide ? qkv.Part(part * heads, heads) : qkv.Pick(PartOfEachHead(c, part));

        NormWeights Norm(string name) => new(file.Vector(name + ".weight", d), file.Vector(name + ".bias", d), eps);
    }

    private static int[] PartOfEachHead(TransformerConfig c, int part)
    {
        var outputs = new int[c.Heads * c.HeadDim];
        for (var j = 0; j < outputs.Length; j++)
            outputs[j] = (j / c.HeadDim * 3 + part) * c.HeadDim + j % c.HeadDim;
        return outputs;
    }
}
