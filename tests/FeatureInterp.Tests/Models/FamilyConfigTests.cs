using System.Text.Json.Nodes;
using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Each family's config.json: what is missing, absurd or not computed is refused by name.</summary>
public class FamilyConfigTests
{
    private static readonly TinyShape Shape = new() { DModel = 24, HeadDim = 6 };

    private static readonly string[] Common = ["num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size", "vocab_size", "max_position_embeddings"];

    private static readonly Dictionary<string, string[]> RequiredFields = new(StringComparer.Ordinal)
    {
        ["gpt2"] = ["n_layer", "n_embd", "n_head", "vocab_size", "n_positions", "layer_norm_epsilon"],
        ["gpt_neox"] = [.. Common, "layer_norm_eps"],
        ["phi"] = [.. Common, "layer_norm_eps"],
        ["llama"] = [.. Common, "rms_norm_eps"],
        ["mistral"] = [.. Common, "rms_norm_eps"],
        ["qwen2"] = [.. Common, "rms_norm_eps"],
        ["qwen3"] = [.. Common, "rms_norm_eps"],
        ["gemma"] = [.. Common, "num_key_value_heads", "head_dim", "rms_norm_eps"],
        ["gemma2"] = [.. Common, "num_key_value_heads", "head_dim", "rms_norm_eps", "sliding_window", "query_pre_attn_scalar"],
        ["gemma3_text"] = [.. Common, "num_key_value_heads", "head_dim", "rms_norm_eps", "sliding_window", "query_pre_attn_scalar"],
    };

    public static TheoryData<string> Families => [.. TwinFamily.Names];

    public static TheoryData<string> Rotary => [.. TwinFamily.Names.Except(["gpt2"])];

    public static TheoryData<string, string> Required()
    {
        var cases = new TheoryData<string, string>();
        foreach (var (family, fields) in RequiredFields)
        {
            foreach (var field in fields)
                cases.Add(family, field);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Required))]
    public void Load_RequiredFieldMissingOrAbsurd_IsNamed(string family, string field)
    {
        using var tiny = new TinyModel(Shape, family);
        Refused(tiny, c => c.Remove(field), $"'{field}' is missing");
        Refused(tiny, c => c[field] = null, $"'{field}' is missing");
        foreach (var value in new[] { "-1", "\"3\"", "[]", "{}", "true", "1e99", "-1e400" })
            Refused(tiny, c => c[field] = JsonNode.Parse(value), $"'{field}' is {value}");
        if (!field.Contains("eps", StringComparison.Ordinal))
            Refused(tiny, c => c[field] = 0, $"'{field}' is 0");
    }

    [Theory]
    [InlineData("gpt2", "n_inner", "0")]
    [InlineData("gpt2", "n_head", "5", "5 heads cannot share evenly")]
    [InlineData("gpt2", "activation_function", "\"relu\"", "'relu'")]
    [InlineData("gpt2", "scale_attn_weights", "false")]
    [InlineData("gpt2", "scale_attn_by_inverse_layer_idx", "true")]
    [InlineData("gpt2", "tie_word_embeddings", "1")]
    [InlineData("gpt_neox", "rotary_pct", "1.5")]
    [InlineData("gpt_neox", "rotary_pct", "0.5", "3 values of each head are to turn")]
    [InlineData("gpt_neox", "rotary_emb_base", "0")]
    [InlineData("gpt_neox", "hidden_act", "\"gelu_new\"", "'gelu_new'")]
    [InlineData("gpt_neox", "use_parallel_residual", "false")]
    [InlineData("gpt_neox", "attention_bias", "false")]
    [InlineData("gpt_neox", "num_attention_heads", "5", "5 heads cannot share evenly")]
    [InlineData("phi", "partial_rotary_factor", "-0.1")]
    [InlineData("phi", "partial_rotary_factor", "0.5", "3 values of each head are to turn")]
    [InlineData("phi", "hidden_act", "\"silu\"", "'silu'")]
    [InlineData("phi", "qk_layernorm", "true")]
    [InlineData("phi", "num_attention_heads", "5", "5 heads cannot share evenly")]
    [InlineData("llama", "hidden_act", "\"gelu\"", "'gelu'")]
    [InlineData("llama", "attention_bias", "true")]
    [InlineData("llama", "mlp_bias", "true")]
    [InlineData("llama", "num_key_value_heads", "3", "4 heads cannot share 3 key/value heads")]
    [InlineData("llama", "num_attention_heads", "5", "5 heads cannot share evenly")]
    [InlineData("llama", "num_attention_heads", "8", "3 values of each head are to turn")]
    [InlineData("llama", "head_dim", "7", "'head_dim' is 7")]
    [InlineData("llama", "rope_theta", "0")]
    [InlineData("mistral", "hidden_act", "\"gelu\"", "'gelu'")]
    [InlineData("mistral", "sliding_window", "0")]
    [InlineData("mistral", "head_dim", "9", "'head_dim' is 9")]
    [InlineData("qwen2", "hidden_act", "\"relu\"", "'relu'")]
    [InlineData("qwen2", "use_sliding_window", "\"no\"")]
    [InlineData("qwen2", "sliding_window", "-2")]
    [InlineData("qwen2", "max_window_layers", "-1")]
    [InlineData("qwen2", "layer_types", "[\"full_attention\"]")]
    [InlineData("qwen3", "hidden_act", "\"gelu\"", "'gelu'")]
    [InlineData("qwen3", "attention_bias", "true")]
    [InlineData("qwen3", "layer_types", "[\"full_attention\", \"chunked_attention\", \"full_attention\"]")]
    [InlineData("gemma", "hidden_act", "\"silu\"", "'silu'")]
    [InlineData("gemma", "hidden_activation", "\"relu\"", "'relu'")]
    [InlineData("gemma", "attention_bias", "true")]
    [InlineData("gemma", "num_key_value_heads", "3", "4 heads cannot share 3 key/value heads")]
    [InlineData("gemma2", "hidden_activation", "\"gelu\"", "'gelu'")]
    [InlineData("gemma3_text", "hidden_activation", "\"gelu\"", "'gelu'")]
    [InlineData("gemma3_text", "attention_bias", "true")]
    [InlineData("gemma3_text", "sliding_window_pattern", "0")]
    [InlineData("gemma3_text", "rope_local_base_freq", "-1")]
    [InlineData("gemma3_text", "final_logit_softcapping", "0")]
    public void Load_ValueThatCannotBeComputed_IsNamed(string family, string field, string value, string? named = null)
    {
        using var tiny = new TinyModel(Shape, family);
        Refused(tiny, c => c[field] = JsonNode.Parse(value), named ?? $"'{field}'");
    }

    [Theory, MemberData(nameof(Rotary))]
    public void Load_RotaryPositionsOfAnUnknownKind_AreRefused(string family)
    {
        using var tiny = new TinyModel(Shape, family);
        foreach (var kind in new[] { "yarn", "dynamic", "longrope" })
        {
            var named = $"the kind '{kind}'; the kinds that can be computed are default, linear and llama3";
            Refused(tiny, c => c["rope_scaling"] = new JsonObject { ["type"] = kind, ["factor"] = 2 }, named);
            Refused(tiny, c => c["rope_scaling"] = new JsonObject { ["rope_type"] = kind, ["factor"] = 2 }, named);
            Refused(tiny, c => c["rope_parameters"] = new JsonObject { ["rope_type"] = kind, ["rope_theta"] = 100 }, named);
        }

        Refused(tiny, c => c["rope_scaling"] = new JsonObject { ["type"] = "linear" }, "'rope_scaling.factor' is missing");
        Refused(tiny, c => c["rope_scaling"] = new JsonObject { ["type"] = "linear", ["factor"] = 0 }, "'rope_scaling.factor' is 0");
        Refused(tiny, c => c["rope_scaling"] = new JsonObject { ["rope_type"] = 3 }, "'rope_scaling.rope_type' is 3");
    }

    [Theory]
    [InlineData("factor", "0", "'rope_scaling.factor' is 0")]
    [InlineData("low_freq_factor", "4", "high_freq_factor of 4, which must be larger than its low_freq_factor of 4")]
    [InlineData("original_max_position_embeddings", "0.5", "'rope_scaling.original_max_position_embeddings' is 0.5")]
    [InlineData("high_freq_factor", "null", "'rope_scaling.high_freq_factor' is missing")]
    public void Load_Llama3ScalingThatIsNone_IsRefused(string field, string value, string named)
    {
        using var tiny = new TinyModel(Shape with { Scaling = TinyScaling.Llama3 }, "llama");
        Refused(tiny, c => c["rope_scaling"]![field] = JsonNode.Parse(value), named);
    }

    [Theory, InlineData("full_attention"), InlineData("sliding_attention")]
    public void Load_Gemma3LayersOfAnUnknownKind_AreRefused(string layers)
    {
        using var tiny = new TinyModel(Shape with { NewerKeys = true }, "gemma3_text");
        Refused(tiny, c => c["rope_parameters"]![layers]!["rope_type"] = "yarn", $"'rope_parameters.{layers}' asks for rotary positions of the kind 'yarn'");
        Refused(tiny, c => c["rope_parameters"]![layers]!["rope_theta"] = 0, $"'rope_parameters.{layers}.rope_theta' is 0");
    }

    [Fact]
    public void Load_UnknownArchitecture_ListsThoseThereAre()
    {
        using var tiny = new TinyModel();
        Refused(tiny, c => c["architectures"] = new JsonArray("MambaForCausalLM"), "'MambaForCausalLM'; the ones that can be run are: " + string.Join(", ", Architecture.All.Select(a => a.Name)));
        Refused(tiny, c => (c["architectures"], c["model_type"]) = (new JsonArray(), null), "'unknown'; the ones that can be run are");
        Assert.Equal(TwinFamily.All.Select(f => f.Architecture).Order(StringComparer.Ordinal), Architecture.All.Select(a => a.Name).Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Families))]
    public void Load_ModelTypeWithoutArchitectures_IsEnough(string family)
    {
        using var tiny = new TinyModel(Shape, family);
        var config = tiny.Family.Config(tiny.Shape);
        config.Remove("architectures");
        tiny.SaveConfig(config);
        Assert.Equal(tiny.Family.Architecture, tiny.Load().Flags["architecture"]);
    }

    private static void Refused(TinyModel tiny, Action<JsonObject> change, string named)
    {
        var config = tiny.Family.Config(tiny.Shape);
        change(config);
        tiny.SaveConfig(config);
        var e = Assert.Throws<ModelFileException>(() => tiny.Load());
        Assert.Equal(tiny.ConfigPath, e.Path);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }
}
