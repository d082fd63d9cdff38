using System.Text.Json.Nodes;
using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Llama: rotary positions on whole heads, SiLU, no biases.</summary>
internal class LlamaFamily : DecoderFamily
{
    public override string Name => "llama";

    public override string Architecture => "LlamaForCausalLM";

    public override JsonObject Config(TinyShape s)
    {
        var config = Fields(s);
        config["hidden_act"] = "silu";
        if (s.KeyValueHeads != s.Heads)
            config["num_key_value_heads"] = s.KeyValueHeads;
        if (s.HeadDim * s.Heads != s.DModel)
            config["head_dim"] = s.HeadDim;
        AddRotary(config, s);
        return config;
    }

    public override TwinMaths Maths(TinyShape s, LoadOptions options) => new()
    {
        Activation = TwinMaths.Silu,
        ScoreDivisor = Math.Sqrt(s.HeadDim),
        Turns = _ => TwinMaths.Rotary(s, s.HeadDim, s.RopeBase, s.Scaling),
    };
}

/// <summary>Mistral: Llama with a sliding window on every layer, or with none where the field is null.</summary>
internal sealed class MistralFamily : LlamaFamily
{
    public override string Name => "mistral";

    public override string Architecture => "MistralForCausalLM";

    public override JsonObject Config(TinyShape s)
    {
        var config = base.Config(s);
        config["sliding_window"] = s.Window;
        return config;
    }

    public override TwinMaths Maths(TinyShape s, LoadOptions options) => base.Maths(s, options) with { Window = _ => s.Window };
}

/// <summary>
/// Qwen2: Llama with biases on queries, keys and values. A window is in force only where the file switches it on, and then on the layers
/// that <c>layer_types</c> names, else from <c>max_window_layers</c> on. A shape without a window here has the number but not the switch.
/// </summary>
internal class Qwen2Family : LlamaFamily
{
    public override string Name => "qwen2";

    public override string Architecture => "Qwen2ForCausalLM";

    protected override bool HasBiases => true;

    public override JsonObject Config(TinyShape s)
    {
        var config = base.Config(s);
        config["use_sliding_window"] = s.Window is not null;
        config["sliding_window"] = s.Window ?? 2;
        config["max_window_layers"] = s.WindowFrom;
        if (s.LayerTypes is not null)
            config["layer_types"] = GemmaFamily.LayerTypes(s);
        return config;
    }

    public override TwinMaths Maths(TinyShape s, LoadOptions options) => base.Maths(s, options) with
    {
        Window = layer => s.LayerTypes?[layer] ?? layer >= s.WindowFrom ? s.Window : null,
    };
}

/// <summary>Qwen3: Qwen2 without the biases, with a norm over each head's queries and keys.</summary>
internal sealed class Qwen3Family : Qwen2Family
{
    public override string Name => "qwen3";

    public override string Architecture => "Qwen3ForCausalLM";

    protected override bool HasBiases => false;

    protected override bool HasHeadNorms => true;
}
