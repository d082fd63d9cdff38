namespace FeatureInterp.Models;

/// <summary>The arrays of the decoders that name them as Llama does: Llama, Mistral, Qwen, Gemma.</summary>
internal sealed class DecoderWeights(CheckpointReader file, TransformerConfig c, float eps)
{
    /// <summary>Whether queries, keys and values have biases.</summary>
    public bool QkvBiases { get; init; }

    /// <summary>Whether there are norms after attention and MLP; the norm before the MLP then is <c>pre_feedforward_layernorm</c>.</summary>
    public bool PostNorms { get; init; }

    /// <summary>Whether each head's queries and keys have a norm.</summary>
    public bool HeadNorms { get; init; }

    /// <summary>Whether the file stores a gain as its difference from one.</summary>
    public bool GainsAreOffsets { get; init; }

    public ModelWeights Read(bool tied)
    {
        file.Ignore(".rotary_emb.inv_freq");
        if (tied)
            file.Ignore("lm_head.weight");
        var embed = file.Matrix("model.embed_tokens.weight", c.VocabSize, c.DModel);
        var blocks = new BlockWeights[c.Layers];
        for (var l = 0; l < blocks.Length; l++)
            blocks[l] = Block($"model.layers.{l}.");
        var unembed = tied ? embed : file.Matrix("lm_head.weight", c.VocabSize, c.DModel);
        return new ModelWeights(embed, null, new LinearMap(unembed), Norm("model.norm", c.DModel), blocks);
    }

    private BlockWeights Block(string block)
    {
        int attention = c.Heads * c.HeadDim, shared = c.KeyValueHeads * c.HeadDim;
        return new BlockWeights
        {
            HeadDim = c.HeadDim,
            Ln1 = Norm(block + "input_layernorm", c.DModel),
            Q = file.Rotated(block + "self_attn.q_proj", attention, c.DModel, c.HeadDim, QkvBiases),
            K = file.Rotated(block + "self_attn.k_proj", shared, c.DModel, c.HeadDim, QkvBiases),
            V = file.Linear(block + "self_attn.v_proj", shared, c.DModel, QkvBiases),
            O = file.Linear(block + "self_attn.o_proj", c.DModel, attention),
            QNorm = HeadNorms ? Norm(block + "self_attn.q_norm", c.HeadDim) : null,
            KNorm = HeadNorms ? Norm(block + "self_attn.k_norm", c.HeadDim) : null,
            Ln1Post = PostNorms ? Norm(block + "post_attention_layernorm", c.DModel) : null,
            Ln2 = Norm(block + (PostNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm"), c.DModel),
            Gate = file.Linear(block + "mlp.gate_proj", c.DMlp, c.DModel),
            In = file.Linear(block + "mlp.up_proj", c.DMlp, c.DModel),
            Out = file.Linear(block + "mlp.down_proj", c.DModel, c.DMlp),
            Ln2Post = PostNorms ? Norm(block + "post_feedforward_layernorm", c.DModel) : null,
        };
    }

    private NormWeights Norm(string name, int width)
    {
        var gain = file.Vector(name + ".weight", width);
        if (GainsAreOffsets && !file.Form.GainsIncludeOne)
            TensorPrimitives.Add(gain.Span, 1f, gain.Span);
        return new NormWeights(gain, null, eps);
    }
}
