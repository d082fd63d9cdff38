namespace FeatureInterp.Tests;

/// <summary>What the families share that name their arrays as Llama does: grouped heads, root-mean-square norms, a gated MLP.</summary>
internal abstract class DecoderFamily : TwinFamily
{
    /// <summary>Whether queries, keys and values have biases.</summary>
    protected virtual bool HasBiases => false;

    /// <summary>Whether each head's queries and keys have a norm.</summary>
    protected virtual bool HasHeadNorms => false;

    /// <summary>Whether there are norms after attention and MLP.</summary>
    protected virtual bool HasPostNorms => false;

    /// <summary>What is added to a gain as it is stored: one in Gemma.</summary>
    protected virtual double GainOffset => 0;

    /// <summary>What embeddings are multiplied by.</summary>
    protected virtual double EmbedScale(TinyShape s) => 1;

    public override IEnumerable<TwinArray> Arrays(TinyShape s)
    {
        yield return new TwinArray("model.embed_tokens.weight", 0.3, s.Vocab, s.DModel);
        for (var l = 0; l < s.Layers; l++)
        {
            foreach (var array in Block(s, $"model.layers.{l}."))
                yield return array;
        }

        yield return Gain("model.norm", s.DModel);
        if (!s.Tied || s.Leftovers)
            yield return new TwinArray("lm_head.weight", 0.4, s.Vocab, s.DModel);
    }

    public override TwinWeights Read(TwinFile file, TinyShape s)
    {
        var unembed = TwinFile.Transposed(file.Matrix(s.Tied ? "model.embed_tokens.weight" : "lm_head.weight", s.Vocab));
        var embed = file.Matrix("model.embed_tokens.weight", s.Vocab);
        for (var i = 0; i < embed.Length; i++)
            embed[i / s.DModel, i % s.DModel] *= EmbedScale(s);
        return new TwinWeights
        {
            E = embed,
            Blocks = [.. Enumerable.Range(0, s.Layers).Select(l => Block($"model.layers.{l}."))],
            Final = Norm("model.norm"),
            U = new TwinLinear(unembed),
        };

        TwinNorm Norm(string name) => file.RmsNorm(name, s.Eps, GainOffset);

        TwinBlock Block(string block) => new()
        {
            Ln1 = Norm(block + "input_layernorm"),
            Q = file.Linear(block + "self_attn.q_proj", s.Heads * s.HeadDim, HasBiases),
            K = file.Linear(block + "self_attn.k_proj", s.KeyValueHeads * s.HeadDim, HasBiases),
            V = file.Linear(block + "self_attn.v_proj", s.KeyValueHeads * s.HeadDim, HasBiases),
            QNorm = HasHeadNorms ? Norm(block + "self_attn.q_norm") : null,
            KNorm = HasHeadNorms ? Norm(block + "self_attn.k_norm") : null,
            O = file.Linear(block + "self_attn.o_proj", s.DModel),
            Ln1Post = HasPostNorms ? Norm(block + "post_attention_layernorm") : null,
            Ln2 = Norm(block + (HasPostNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm")),
            Gate = file.Linear(block + "mlp.gate_proj", s.DMlp),
            In = file.Linear(block + "mlp.up_proj", s.DMlp),
            Out = file.Linear(block + "mlp.down_proj", s.DModel),
            Ln2Post = HasPostNorms ? Norm(block + "post_feedforward_layernorm") : null,
        };
    }

    private IEnumerable<TwinArray> Block(TinyShape s, string block)
    {
        int d = s.DModel, q = s.Heads * s.HeadDim, kv = s.KeyValueHeads * s.HeadDim;
        yield return Gain(block + "input_layernorm", d);
        yield return Gain(block + "post_attention_layernorm", d);
        if (HasPostNorms)
        {
            yield return Gain(block + "pre_feedforward_layernorm", d);
            yield return Gain(block + "post_feedforward_layernorm", d);
        }

        yield return new TwinArray(block + "self_attn.q_proj.weight", 1.5 / Math.Sqrt(d), q, d);
        yield return new TwinArray(block + "self_attn.k_proj.weight", 1.5 / Math.Sqrt(d), kv, d);
        yield return new TwinArray(block + "self_attn.v_proj.weight", 1 / Math.Sqrt(d), kv, d);
        yield return new TwinArray(block + "self_attn.o_proj.weight", 1 / Math.Sqrt(q), d, q);
        if (HasBiases)
        {
            yield return new TwinArray(block + "self_attn.q_proj.bias", 0.4, q);
            yield return new TwinArray(block + "self_attn.k_proj.bias", 0.4, kv);
            yield return new TwinArray(block + "self_attn.v_proj.bias", 0.4, kv);
        }

        if (HasHeadNorms)
        {
            yield return Gain(block + "self_attn.q_norm", s.HeadDim);
            yield return Gain(block + "self_attn.k_norm", s.HeadDim);
        }

        if (s.Leftovers)
            yield return new TwinArray(block + "self_attn.rotary_emb.inv_freq", 1, s.HeadDim / 2);
        yield return new TwinArray(block + "mlp.gate_proj.weight", 1 / Math.Sqrt(d), s.DMlp, d);
        yield return new TwinArray(block + "mlp.up_proj.weight", 1 / Math.Sqrt(d), s.DMlp, d);
        yield return new TwinArray(block + "mlp.down_proj.weight", 1 / Math.Sqrt(s.DMlp), d, s.DMlp);
    }

    private TwinArray Gain(string name, int width) => new(name + ".weight", 0.3, width) { Centre = 1 - GainOffset };
}
