using System.Text.Json.Nodes;
using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Gemma: embeddings times √d_model, gains stored less one, heads whose size is related to nothing, tied.</summary>
internal class GemmaFamily : DecoderFamily
{
    public override string Name => "gemma";

    public override string Architecture => "GemmaForCausalLM";

    protected override double GainOffset => 1;

    protected override double EmbedScale(TinyShape s) => Math.Sqrt(s.DModel);

    // Published files say "gelu" and mean the tanh form.
    public override JsonObject Config(TinyShape s)
    {
        var config = Heads(s);
        config["hidden_act"] = s.NewerKeys ? "gelu_pytorch_tanh" : "gelu";
        if (s.NewerKeys)
            config["hidden_activation"] = null;
        AddRotary(config, s);
        return config;
    }

    public override TwinMaths Maths(TinyShape s, LoadOptions options) => new()
    {
        Activation = options.GemmaGelu == GemmaGelu.Exact ? TwinMaths.GeluErf : TwinMaths.GeluTanh,
        ScoreDivisor = Math.Sqrt(s.HeadDim),
        Turns = _ => TwinMaths.Rotary(s, s.HeadDim, s.RopeBase, s.Scaling),
    };

    public static JsonArray LayerTypes(TinyShape s) => [.. s.LayerTypes!.Select(local => (JsonNode)(local ? "sliding_attention" : "full_attention"))];

    // Tied is the family's default, which published files leave out.
    protected JsonObject Heads(TinyShape s)
    {
        var config = Fields(s);
        if (s.Tied)
            config.Remove("tie_word_embeddings");
        config["num_key_value_heads"] = s.KeyValueHeads;
        config["head_dim"] = s.HeadDim;
        return config;
    }
}

/// <summary>Gemma-2: norms on both sides of each sublayer, soft caps, even layers with a window.</summary>
internal class Gemma2Family : GemmaFamily
{
    public override string Name => "gemma2";

    public override string Architecture => "Gemma2ForCausalLM";

    protected override bool HasPostNorms => true;

    public override TinyShape Fit(TinyShape s) => s with { Window = s.Window ?? 1000 };

    public override JsonObject Config(TinyShape s)
    {
        var config = Heads(s);
        AddRotary(config, s);
        config["hidden_activation"] = "gelu_pytorch_tanh";
        config["sliding_window"] = s.Window;
        config["query_pre_attn_scalar"] = s.QueryScalar;
        config["attn_logit_softcapping"] = s.AttentionCap;
        config["final_logit_softcapping"] = s.LogitCap;
        if (s.LayerTypes is not null)
            config["layer_types"] = LayerTypes(s);
        return config;
    }

    public override TwinMaths Maths(TinyShape s, LoadOptions options) => new()
    {
        Activation = TwinMaths.GeluTanh,
        ScoreDivisor = Math.Sqrt(s.QueryScalar),
        AttentionCap = s.AttentionCap,
        LogitCap = s.LogitCap,
        Window = layer => (s.LayerTypes?[layer] ?? layer % 2 == 0) == (options.LayerOrder == LayerOrder.LocalFirst) ? s.Window : null,
        Turns = _ => TwinMaths.Rotary(s, s.HeadDim, s.RopeBase, s.Scaling),
    };
}

/// <summary>Gemma-3's text model: norms of heads, some local layers to each global one, and rotary positions of their own in each kind.</summary>
internal sealed class Gemma3Family : Gemma2Family
{
    private const double LocalBase = 30;

    public override string Name => "gemma3_text";

    public override string Architecture => "Gemma3ForCausalLM";

    protected override bool HasHeadNorms => true;

    // The newer files' objects for each kind of layer are computed plain or with linear scaling.
    public override TinyShape Fit(TinyShape s) => base.Fit(s) with { Scaling = s.NewerKeys && s.Scaling == TinyScaling.Llama3 ? TinyScaling.Linear : s.Scaling };

    public override JsonObject Config(TinyShape s)
    {
        var config = base.Config(s);
        config["sliding_window_pattern"] = s.Pattern;
        if (!s.NewerKeys)
        {
            config["rope_local_base_freq"] = LocalBase;
            return config;
        }

        config.Remove("rope_theta");
        config["rope_parameters"] = new JsonObject
        {
            ["full_attention"] = RotaryParameters(s, s.Scaling, s.RopeBase),
            ["sliding_attention"] = RotaryParameters(s, TinyScaling.None, LocalBase),
        };
        return config;
    }

    public override TwinMaths Maths(TinyShape s, LoadOptions options) => base.Maths(s, options) with
    {
        Window = layer => IsLocal(s, layer) ? s.Window : null,
        Turns = layer => IsLocal(s, layer) ? TwinMaths.Rotary(s, s.HeadDim, LocalBase, TinyScaling.None) : TwinMaths.Rotary(s, s.HeadDim, s.RopeBase, s.Scaling),
    };

    private static bool IsLocal(TinyShape s, int layer) => s.LayerTypes?[layer] ?? (layer + 1) % s.Pattern != 0;
}
