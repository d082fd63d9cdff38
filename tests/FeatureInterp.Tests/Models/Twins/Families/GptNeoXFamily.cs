using System.Text.Json.Nodes;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>GPT-NeoX, Pythia: one matrix with q, k and v of head 0, then those of head 1; attention and MLP side by side, each behind its norm.</summary>
internal sealed class GptNeoXFamily : TwinFamily
{
    public override string Name => "gpt_neox";

    public override string Architecture => "GPTNeoXForCausalLM";

    public override TinyShape Fit(TinyShape s) => s with
    {
        HeadDim = Math.Max(s.HeadDim, 6),
        DModel = s.Heads * Math.Max(s.HeadDim, 6),
        KeyValueHeads = s.Heads,
    };

    public override JsonObject Config(TinyShape s)
    {
        var config = Fields(s, "layer_norm_eps");
        config["hidden_act"] = "gelu";
        config["use_parallel_residual"] = true;
        AddRotary(config, s, "rotary_emb_base");
        if (s.NewerKeys)
            config["rope_parameters"]!["partial_rotary_factor"] = PartTurned(s);
        else
            config["rotary_pct"] = PartTurned(s);
        return config;
    }

    /// <summary>The published code takes the whole part of d_head · factor, so any factor a little above will do.</summary>
    public static double PartTurned(TinyShape s) => s.Turned == s.HeadDim ? 1 : (s.Turned + 0.3) / s.HeadDim;

    public override IEnumerable<TwinArray> Arrays(TinyShape s)
    {
        int d = s.DModel;
        yield return new TwinArray("gpt_neox.embed_in.weight", 0.3, s.Vocab, d);
        for (var l = 0; l < s.Layers; l++)
        {
            var block = $"gpt_neox.layers.{l}.";
            foreach (var array in new[]
                     {
                         LayerNorm(block + "input_layernorm", d), LayerNorm(block + "post_attention_layernorm", d),
                         Linear(block + "attention.query_key_value", 3 * d, d, 1.3), Linear(block + "attention.dense", d, d),
                         Linear(block + "mlp.dense_h_to_4h", s.DMlp, d), Linear(block + "mlp.dense_4h_to_h", d, s.DMlp),
                     }.SelectMany(a => a))
                yield return array;
            if (!s.Leftovers)
                continue;
            yield return new TwinArray(block + "attention.bias", 1, 1, 1, s.Context, s.Context) { Stored = DType.Bool };
            yield return new TwinArray(block + "attention.masked_bias", 1);
            yield return new TwinArray(block + "attention.rotary_emb.inv_freq", 1, Math.Max(1, s.Turned / 2)) { Stored = DType.F32 };
        }

        foreach (var array in LayerNorm("gpt_neox.final_layer_norm", d))
            yield return array;
        if (!s.Tied)
            yield return new TwinArray("embed_out.weight", 0.4, s.Vocab, d);
    }

    public override TwinWeights Read(TwinFile file, TinyShape s)
    {
        var embed = file.Matrix("gpt_neox.embed_in.weight", s.Vocab);
        return new TwinWeights
        {
            E = embed,
            Blocks = [.. Enumerable.Range(0, s.Layers).Select(l => Block($"gpt_neox.layers.{l}."))],
            Final = file.LayerNorm("gpt_neox.final_layer_norm", s.Eps),
            U = new TwinLinear(TwinFile.Transposed(s.Tied ? embed : file.Matrix("embed_out.weight", s.Vocab))),
        };

        TwinBlock Block(string block)
        {
            int d = s.DModel, h = s.HeadDim;
            var qkv = file.Linear(block + "attention.query_key_value", 3 * d, bias: true);
            return new TwinBlock
            {
                Ln1 = file.LayerNorm(block + "input_layernorm", s.Eps),
                Q = qkv.Outputting(d, j => j / h * 3 * h + j % h),
                K = qkv.Outputting(d, j => j / h * 3 * h + h + j % h),
                V = qkv.Outputting(d, j => j / h * 3 * h + 2 * h + j % h),
                O = file.Linear(block + "attention.dense", d, bias: true),
                Ln2 = file.LayerNorm(block + "post_attention_layernorm", s.Eps),
                In = file.Linear(block + "mlp.dense_h_to_4h", s.DMlp, bias: true),
                Out = file.Linear(block + "mlp.dense_4h_to_h", d, bias: true),
            };
        }
    }

    public override TwinMaths Maths(TinyShape s, LoadOptions options) => new()
    {
        Activation = TwinMaths.GeluErf,
        ScoreDivisor = Math.Sqrt(s.HeadDim),
        Parallel = true,
        Turns = _ => TwinMaths.Rotary(s, s.Turned, s.RopeBase, s.Scaling),
    };
}
