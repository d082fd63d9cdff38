using System.Runtime.InteropServices;
using System.Text.Json;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>
/// Turns a folder in Hugging Face's layout into a GGUF file as llama.cpp's converter does: other names, Llama's rotary rows paired, Gemma's
/// gains with their one, GPT-2's matrices turned, GPT-NeoX's q, k and v apart.
/// </summary>
internal static class GgufConversion
{
    private static readonly Dictionary<string, string> Parts = new(StringComparer.Ordinal)
    {
        ["input_layernorm"] = "attn_norm",
        ["self_attn.q_proj"] = "attn_q",
        ["self_attn.k_proj"] = "attn_k",
        ["self_attn.v_proj"] = "attn_v",
        ["self_attn.o_proj"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm",
        ["self_attn.k_norm"] = "attn_k_norm",
        ["mlp.gate_proj"] = "ffn_gate",
        ["mlp.up_proj"] = "ffn_up",
        ["mlp.down_proj"] = "ffn_down",
        ["post_attention_layernorm"] = "ffn_norm",
        ["pre_feedforward_layernorm"] = "ffn_norm",
        ["post_feedforward_layernorm"] = "post_ffw_norm",
        ["ln_1"] = "attn_norm",
        ["attn.c_attn"] = "attn_qkv",
        ["attn.c_proj"] = "attn_output",
        ["ln_2"] = "ffn_norm",
        ["mlp.c_fc"] = "ffn_up",
        ["mlp.c_proj"] = "ffn_down",
        ["attention.query_key_value"] = "attn_qkv",
        ["attention.dense"] = "attn_output",
        ["mlp.dense_h_to_4h"] = "ffn_up",
        ["mlp.dense_4h_to_h"] = "ffn_down",
        ["wte"] = "token_embd",
        ["wpe"] = "position_embd",
        ["ln_f"] = "output_norm",
        ["embed_tokens"] = "token_embd",
        ["embed_in"] = "token_embd",
        ["norm"] = "output_norm",
        ["final_layer_norm"] = "output_norm",
        ["lm_head"] = "output",
        ["embed_out"] = "output",
    };

    public static void Write(string folder, string key, string path)
    {
        var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json"))).RootElement;
        var file = new RawGguf().Value("general.architecture", 8, RawGguf.Text(key));
        foreach (var (name, fields) in Keys)
        {
            foreach (var field in fields)
            {
                var at = field == "rope_theta" && config.TryGetProperty("rope_parameters", out var newer) ? newer : config;
                if (!at.TryGetProperty(field, out var value) || value.ValueKind != JsonValueKind.Number)
                    continue;
                if (value.TryGetInt32(out var whole) && !name.Contains("freq", StringComparison.Ordinal) && !name.Contains("softcap", StringComparison.Ordinal))
                    file.Value($"{key}.{name}", 4, BitConverter.GetBytes(whole));
                else
                    file.Value($"{key}.{name}", 6, BitConverter.GetBytes(value.GetSingle()));
                break;
            }
        }

        var dims = (Heads: Int(config, "num_attention_heads", "n_head"), Width: Int(config, "hidden_size", "n_embd"));
        if (config.TryGetProperty("rotary_pct", out var part))
            file.Value($"{key}.rope.dimension_count", 4, BitConverter.GetBytes((int)(dims.Width / dims.Heads * part.GetDouble())));
        if (config.TryGetProperty("rope_scaling", out var scaling) && scaling.ValueKind == JsonValueKind.Object)
            Scaling(file, key, config, scaling, dims.Width / dims.Heads);
        foreach (var weight in SafetensorsFile.Open(Path.Combine(folder, "model.safetensors")).Weights.Values)
            Add(file, key, config, weight);
        File.WriteAllBytes(path, file.Bytes());
    }

    private static readonly (string Name, string[] Fields)[] Keys =
    [
        ("block_count", ["num_hidden_layers", "n_layer"]), ("embedding_length", ["hidden_size", "n_embd"]), ("context_length", ["max_position_embeddings", "n_positions"]),
        ("attention.head_count", ["num_attention_heads", "n_head"]), ("attention.head_count_kv", ["num_key_value_heads"]), ("feed_forward_length", ["intermediate_size"]),
        ("attention.key_length", ["head_dim"]), ("attention.layer_norm_rms_epsilon", ["rms_norm_eps"]), ("attention.layer_norm_epsilon", ["layer_norm_eps", "layer_norm_epsilon"]),
        ("attention.sliding_window", ["sliding_window"]), ("attn_logit_softcapping", ["attn_logit_softcapping"]), ("final_logit_softcapping", ["final_logit_softcapping"]),
        ("rope.freq_base", ["rope_theta", "rotary_emb_base"]),
    ];

    private static void Scaling(RawGguf file, string key, JsonElement config, JsonElement scaling, int headDim)
    {
        var factor = scaling.GetProperty("factor").GetSingle();
        if (scaling.GetProperty("rope_type").GetString() == "linear")
        {
            file.Value($"{key}.rope.scaling.type", 8, RawGguf.Text("linear")).Value($"{key}.rope.scaling.factor", 6, BitConverter.GetBytes(factor));
            return;
        }

        // By wavelength, as the converter of Llama 3.1 has it.
        double low = scaling.GetProperty("low_freq_factor").GetDouble(), high = scaling.GetProperty("high_freq_factor").GetDouble();
        double old = scaling.GetProperty("original_max_position_embeddings").GetDouble();
        var factors = new float[headDim / 2];
        for (var i = 0; i < factors.Length; i++)
        {
            var wavelength = 2 * Math.PI * Math.Pow(config.GetProperty("rope_theta").GetDouble(), 2.0 * i / headDim);
            if (wavelength < old / high)
                factors[i] = 1;
            else if (wavelength > old / low)
                factors[i] = factor;
            else
                factors[i] = (float)(1 / ((1 - (old / wavelength - low) / (high - low)) / factor + (old / wavelength - low) / (high - low)));
        }

        file.Tensor("rope_freqs.weight", 0, [(ulong)factors.Length], Bytes(factors));
    }

    private static void Add(RawGguf file, string key, JsonElement config, Weight weight)
    {
        var name = weight.Name;
        if (name.EndsWith(".masked_bias", StringComparison.Ordinal) || name.EndsWith(".inv_freq", StringComparison.Ordinal) || (name.EndsWith("bias", StringComparison.Ordinal) && weight.Shape.Length > 2))
            return;
        var pieces = name.Split('.').Where(p => p is not ("model" or "transformer" or "gpt_neox" or "layers" or "h")).ToArray();
        var layer = int.TryParse(pieces[0], out var l) ? l : -1;
        var part = string.Join('.', pieces[(layer < 0 ? 0 : 1)..^1]);
        var translated = part == "post_attention_layernorm" && key is "gemma2" or "gemma3" && part == "post_attention_layernorm" ? "post_attention_norm" : Parts[part];
        var values = weight.ToTensor();
        if (key.StartsWith("gemma", StringComparison.Ordinal) && part.EndsWith("norm", StringComparison.Ordinal))
        {
            foreach (ref var v in values.Span)
                v += 1;
        }

        int heads = Int(config, translated == "attn_k" ? "num_key_value_heads" : "num_attention_heads", "n_head");
        if (key == "llama" && translated is "attn_q" or "attn_k" && key == "llama")
            values = Permuted(values, heads);
        if (key == "gpt2" && values.Rank == 2 && part.Contains("c_", StringComparison.Ordinal))
            values = Turned(values);
        if (key == "gptneox" && translated == "attn_qkv")
            values = Apart(values, heads);
        ulong[] ne = [.. values.Shape.ToArray().Reverse().Select(d => (ulong)d)];
        file.Tensor((layer < 0 ? "" : $"blk.{layer}.") + translated + "." + pieces[^1], 0, ne, Bytes(values.Span.ToArray()));
    }

    // reshape(heads, 2, half, in).swapaxes(1, 2)
    private static Tensor Permuted(Tensor w, int heads)
    {
        var (dim, result) = (w.Shape[0] / heads, Tensor.Zeros(w.Shape));
        for (var h = 0; h < heads; h++)
        {
            for (var p = 0; p < 2; p++)
            {
                for (var i = 0; i < dim / 2; i++)
                    w.Row(h * dim + p * dim / 2 + i).CopyTo(result.Row(h * dim + 2 * i + p));
            }
        }

        return result;
    }

    private static Tensor Turned(Tensor w)
    {
        var result = Tensor.Zeros(w.Shape[1], w.Shape[0]);
        for (var i = 0; i < w.Shape[0]; i++)
        {
            for (var j = 0; j < w.Shape[1]; j++)
                result[j, i] = w[i, j];
        }

        return result;
    }

    private static Tensor Apart(Tensor w, int heads)
    {
        var (dim, width, result) = (w.Shape[0] / heads / 3, w.Length / w.Shape[0], Tensor.Zeros(w.Shape));
        for (var row = 0; row < w.Shape[0]; row++)
        {
            int h = row / (3 * dim), part = row / dim % 3, i = row % dim;
            w.Span.Slice(row * width, width).CopyTo(result.Span[(((part * heads) + h) * dim * width + i * width)..]);
        }

        return result;
    }

    private static int Int(JsonElement config, string field, string other) => config.TryGetProperty(field, out var value) ? value.GetInt32() : config.GetProperty(other).GetInt32();

    private static byte[] Bytes(float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
