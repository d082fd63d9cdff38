namespace FeatureInterp.Models;

/// <summary>How llama.cpp's converter stores one architecture, and what Hugging Face calls it.</summary>
/// <param name="Key"><c>general.architecture</c>, with which all its metadata begin.</param>
/// <param name="HuggingFace">The class it is converted from.</param>
/// <param name="Form">How its arrays differ from Hugging Face's.</param>
internal sealed record GgufArchitecture(string Key, string HuggingFace, CheckpointForm Form)
{
    private static readonly CheckpointForm Plain = new();
    private static readonly CheckpointForm Gemma = new(GainsIncludeOne: true);

    /// <summary>Those that can be read. Mistral's files say <c>llama</c>: without its sliding window the two are the same.</summary>
    public static IReadOnlyList<GgufArchitecture> All { get; } =
    [
        new("llama", "LlamaForCausalLM", new(RotaryPairsTogether: true)),
        new("qwen2", "Qwen2ForCausalLM", Plain),
        new("qwen3", "Qwen3ForCausalLM", Plain),
        new("gemma", "GemmaForCausalLM", Gemma),
        new("gemma2", "Gemma2ForCausalLM", Gemma),
        new("gemma3", "Gemma3ForCausalLM", Gemma),
        new("gpt2", "GPT2LMHeadModel", new(OutputFirst: true)),
        new("gptneox", "GPTNeoXForCausalLM", new(QkvSideBySide: true)),
    ];

    /// <summary>The architecture of this key, or null.</summary>
    public static GgufArchitecture? Find(string key) => All.FirstOrDefault(a => a.Key == key);

    /// <summary>Hugging Face's name of an array, or null for one that is none of a model's.</summary>
    public string? Translate(string name)
    {
        if (!name.StartsWith("blk.", StringComparison.Ordinal))
            return Whole(name);
        var end = name.IndexOf('.', 4);
        if (end < 0 || !int.TryParse(name.AsSpan(4, end - 4), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var layer))
            return null;
        var rest = name[(end + 1)..];
        var dot = rest.LastIndexOf('.');
        return dot > 0 && Part(rest[..dot]) is { } part ? $"{Blocks}{layer}.{part}{rest[dot..]}" : null;
    }

    private string Blocks => Key switch
    {
        "gpt2" => "h.",
        "gptneox" => "gpt_neox.layers.",
        _ => "model.layers.",
    };

    private string? Whole(string name) => (Key, name) switch
    {
        ("gpt2", "token_embd.weight") => "wte.weight",
        ("gpt2", "position_embd.weight") => "wpe.weight",
        ("gpt2", "output_norm.weight") => "ln_f.weight",
        ("gpt2", "output_norm.bias") => "ln_f.bias",
        ("gptneox", "token_embd.weight") => "gpt_neox.embed_in.weight",
        ("gptneox", "output_norm.weight") => "gpt_neox.final_layer_norm.weight",
        ("gptneox", "output_norm.bias") => "gpt_neox.final_layer_norm.bias",
        ("gptneox", "output.weight") => "embed_out.weight",
        (_, "token_embd.weight") => "model.embed_tokens.weight",
        (_, "output_norm.weight") => "model.norm.weight",
        (_, "output.weight") => "lm_head.weight",
        _ => null,
    };

    private string? Part(string name) => (Key, name) switch
    {
        ("gpt2", "attn_norm") => "ln_1",
        ("gpt2", "attn_qkv") => "attn.c_attn",
        ("gpt2", "attn_output") => "attn.c_proj",
        ("gpt2", "ffn_norm") => "ln_2",
        ("gpt2", "ffn_up") => "mlp.c_fc",
        ("gpt2", "ffn_down") => "mlp.c_proj",
        ("gptneox", "attn_norm") => "input_layernorm",
        ("gptneox", "attn_qkv") => "attention.query_key_value",
        ("gptneox", "attn_output") => "attention.dense",
        ("gptneox", "ffn_norm") => "post_attention_layernorm",
        ("gptneox", "ffn_up") => "mlp.dense_h_to_4h",
        ("gptneox", "ffn_down") => "mlp.dense_4h_to_h",
        (_, "attn_norm") => "input_layernorm",
        (_, "attn_q") => "self_attn.q_proj",
        (_, "attn_k") => "self_attn.k_proj",
        (_, "attn_v") => "self_attn.v_proj",
        (_, "attn_output") => "self_attn.o_proj",
        (_, "attn_q_norm") => "self_attn.q_norm",
        (_, "attn_k_norm") => "self_attn.k_norm",
        ("gemma2" or "gemma3", "post_attention_norm") => "post_attention_layernorm",
        ("gemma2" or "gemma3", "ffn_norm") => "pre_feedforward_layernorm",
        ("gemma2" or "gemma3", "post_ffw_norm") => "post_feedforward_layernorm",
        (_, "ffn_norm") => "post_attention_layernorm",
        (_, "ffn_gate") => "mlp.gate_proj",
        (_, "ffn_up") => "mlp.up_proj",
        (_, "ffn_down") => "mlp.down_proj",
        _ => null,
    };
}
