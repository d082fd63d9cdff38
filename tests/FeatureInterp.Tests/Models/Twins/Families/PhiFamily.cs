using System.Text.Json.Nodes;
using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Phi-1.5, Phi-2: attention and MLP side by side behind one norm, biases everywhere, the unembedding included.</summary>
internal sealed class PhiFamily : TwinFamily
{
    public override string Name => "phi";

    public override string Architecture => "PhiForCausalLM";

    public override TinyShape Fit(TinyShape s) => s with
    {
        HeadDim = Math.Max(s.HeadDim, 6),
        DModel = s.Heads * Math.Max(s.HeadDim, 6),
        Tied = false,
    };

    public override JsonObject Config(TinyShape s)
    {
        var config = Fields(s, "layer_norm_eps");
        config["hidden_act"] = "gelu_new";
        config["num_key_value_heads"] = s.KeyValueHeads == s.Heads ? null : s.KeyValueHeads;
        config["qk_layernorm"] = false;
        AddRotary(config, s);
        (s.NewerKeys ? config["rope_parameters"]! : config)["partial_rotary_factor"] = GptNeoXFamily.PartTurned(s);
        return config;
    }

    public override IEnumerable<TwinArray> Arrays(TinyShape s)
    {
        int d = s.DModel, shared = s.KeyValueHeads * s.HeadDim;
        return
        [
            new TwinArray("model.embed_tokens.weight", 1, s.Vocab, d),
            .. Enumerable.Range(0, s.Layers).SelectMany(l => Block($"model.layers.{l}.")),
            .. LayerNorm("model.final_layernorm", d),
            .. Linear("lm_head", s.Vocab, d, 1.5),
        ];

        IEnumerable<TwinArray> Block(string block) =>
        [
            .. LayerNorm(block + "input_layernorm", d), .. Linear(block + "self_attn.q_proj", d, d, 1.3), .. Linear(block + "self_attn.k_proj", shared, d, 1.3),
            .. Linear(block + "self_attn.v_proj", shared, d), .. Linear(block + "self_attn.dense", d, d),
            .. Linear(block + "mlp.fc1", s.DMlp, d), .. Linear(block + "mlp.fc2", d, s.DMlp),
        ];
    }

    public override TwinWeights Read(TwinFile file, TinyShape s)
    {
        return new TwinWeights
        {
            E = file.Matrix("model.embed_tokens.weight", s.Vocab),
            Blocks = [.. Enumerable.Range(0, s.Layers).Select(l => Block($"model.layers.{l}."))],
            Final = file.LayerNorm("model.final_layernorm", s.Eps),
            U = file.Linear("lm_head", s.Vocab, bias: true),
        };

        // TransformerLens gives attention and MLP a norm each, of equal numbers.
        TwinBlock Block(string block) => new()
        {
            Ln1 = file.LayerNorm(block + "input_layernorm", s.Eps),
            Q = file.Linear(block + "self_attn.q_proj", s.DModel, bias: true),
            K = file.Linear(block + "self_attn.k_proj", s.KeyValueHeads * s.HeadDim, bias: true),
            V = file.Linear(block + "self_attn.v_proj", s.KeyValueHeads * s.HeadDim, bias: true),
            O = file.Linear(block + "self_attn.dense", s.DModel, bias: true),
            Ln2 = file.LayerNorm(block + "input_layernorm", s.Eps),
            In = file.Linear(block + "mlp.fc1", s.DMlp, bias: true),
            Out = file.Linear(block + "mlp.fc2", s.DModel, bias: true),
        };
    }

    public override TwinMaths Maths(TinyShape s, LoadOptions options) => new()
    {
        Activation = TwinMaths.GeluTanh,
        ScoreDivisor = Math.Sqrt(s.HeadDim),
        Parallel = true,
        Turns = _ => TwinMaths.Rotary(s, s.Turned, s.RopeBase, s.Scaling),
    };
}
