using System.Text.Json.Nodes;
using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>GPT-2: Conv1D layers stored input-first, c_attn with queries, keys and values of all heads side by side.</summary>
internal sealed class Gpt2Family : TwinFamily
{
    public override string Name => "gpt2";

    public override string Architecture => "GPT2LMHeadModel";

    public override TinyShape Fit(TinyShape s) => s with
    {
        HeadDim = Math.Max(s.HeadDim, 6),
        DModel = s.Heads * Math.Max(s.HeadDim, 6),
        KeyValueHeads = s.Heads,
    };

    public override JsonObject Config(TinyShape s)
    {
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(Architecture),
            ["model_type"] = Name,
            ["activation_function"] = "gelu_new",
            ["layer_norm_epsilon"] = s.Eps,
            ["n_ctx"] = s.Context,
            ["n_positions"] = s.Context,
            ["n_embd"] = s.DModel,
            ["n_head"] = s.Heads,
            ["n_layer"] = s.Layers,
            ["n_inner"] = s.DMlp == 4 * s.DModel ? null : s.DMlp,
            ["vocab_size"] = s.Vocab,
        };
        if (!s.Tied)
            config["tie_word_embeddings"] = false;
        return config;
    }

    // Files of 2019 have no prefix and carry the causal mask; newer ones have "transformer." and may repeat the tied embedding.
    public override IEnumerable<TwinArray> Arrays(TinyShape s)
    {
        int d = s.DModel;
        var prefix = Prefix(s);
        yield return new TwinArray(prefix + "wte.weight", 0.3, s.Vocab, d);
        yield return new TwinArray(prefix + "wpe.weight", 0.2, s.Context, d);
        for (var l = 0; l < s.Layers; l++)
        {
            var block = $"{prefix}h.{l}.";
            foreach (var array in new[]
                     {
                         LayerNorm(block + "ln_1", d), InputFirst(block + "attn.c_attn", d, 3 * d, 1.3), InputFirst(block + "attn.c_proj", d, d),
                         LayerNorm(block + "ln_2", d), InputFirst(block + "mlp.c_fc", d, s.DMlp), InputFirst(block + "mlp.c_proj", s.DMlp, d),
                     }.SelectMany(a => a))
                yield return array;
            if (!s.Leftovers)
                continue;
            yield return new TwinArray(block + "attn.bias", 1, 1, 1, s.Context, s.Context);
            yield return new TwinArray(block + "attn.masked_bias", 1);
        }

        foreach (var array in LayerNorm(prefix + "ln_f", d))
            yield return array;
        if (!s.Tied || !s.Leftovers)
            yield return new TwinArray("lm_head.weight", 0.4, s.Vocab, d);
    }

    public override TwinWeights Read(TwinFile file, TinyShape s)
    {
        var prefix = Prefix(s);
        var embed = file.Matrix(prefix + "wte.weight", s.Vocab);
        return new TwinWeights
        {
            E = embed,
            Positions = file.Matrix(prefix + "wpe.weight", s.Context),
            Blocks = [.. Enumerable.Range(0, s.Layers).Select(l => Block($"{prefix}h.{l}."))],
            Final = file.LayerNorm(prefix + "ln_f", s.Eps),
            U = new TwinLinear(TwinFile.Transposed(s.Tied ? embed : file.Matrix("lm_head.weight", s.Vocab))),
        };

        TwinBlock Block(string block)
        {
            int d = s.DModel;
            var qkv = file.InputFirst(block + "attn.c_attn", d);
            return new TwinBlock
            {
                Ln1 = file.LayerNorm(block + "ln_1", s.Eps),
                Q = qkv.Outputting(d, j => j),
                K = qkv.Outputting(d, j => d + j),
                V = qkv.Outputting(d, j => 2 * d + j),
                O = file.InputFirst(block + "attn.c_proj", d),
                Ln2 = file.LayerNorm(block + "ln_2", s.Eps),
                In = file.InputFirst(block + "mlp.c_fc", d),
                Out = file.InputFirst(block + "mlp.c_proj", s.DMlp),
            };
        }
    }

    public override TwinMaths Maths(TinyShape s, LoadOptions options) =>
        new() { Activation = TwinMaths.GeluTanh, ScoreDivisor = Math.Sqrt(s.HeadDim) };

    private static string Prefix(TinyShape s) => s.Leftovers ? "" : "transformer.";

    private static IEnumerable<TwinArray> InputFirst(string name, int inputs, int outputs, double gain = 1) =>
        [new TwinArray(name + ".weight", gain / Math.Sqrt(inputs), inputs, outputs), new TwinArray(name + ".bias", 0.3, outputs)];
}
