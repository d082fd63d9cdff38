using System.Text.Json.Nodes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// A GGUF file's metadata as the <c>config.json</c> of the model it was converted from, so that every architecture has one reader.
/// Keys: GGUF specification, "Standardized key-value pairs".
/// </summary>
internal static class GgufConfig
{
    /// <summary>The architecture a file names.</summary>
    /// <exception cref="ModelFileException">None, or one that cannot be read; the message lists those that can.</exception>
    public static GgufArchitecture ArchitectureOf(GgufFile file)
    {
        var key = file.Metadata.TryGetString("general.architecture", out var found) ? found : "unknown";
        return GgufArchitecture.Find(key)
            ?? throw new ModelFileException(file.Path, $"the architecture is '{key}'; the ones that can be run from GGUF are: {string.Join(", ", GgufArchitecture.All.Select(a => a.Key))}.");
    }

    /// <summary>The configuration.</summary>
    /// <exception cref="ModelFileException">A field that every model has is missing.</exception>
    public static ConfigFile Read(GgufFile file, GgufArchitecture architecture)
    {
        var fields = new Fields(file, architecture.Key);
        var json = new JsonObject { ["architectures"] = new JsonArray(architecture.HuggingFace), ["vocab_size"] = fields.Vocabulary() };
        switch (architecture.Key)
        {
            case "gpt2":
                fields.Copy(json, ("n_layer", "block_count"), ("n_embd", "embedding_length"), ("n_head", "attention.head_count"),
                    ("n_inner", "feed_forward_length"), ("n_positions", "context_length"), ("layer_norm_epsilon", "attention.layer_norm_epsilon"));
                break;
            case "gptneox":
                Dimensions(fields, json);
                fields.Copy(json, ("layer_norm_eps", "attention.layer_norm_epsilon"), ("rotary_emb_base", "rope.freq_base"), ("use_parallel_residual", "use_parallel_residual"));
                json["rotary_pct"] = fields.Part("rope.dimension_count", json);
                json["tie_word_embeddings"] = !file.Weights.ContainsKey("output.weight");
                break;
            default:
                Dimensions(fields, json);
                fields.Copy(json, ("rms_norm_eps", "attention.layer_norm_rms_epsilon"), ("head_dim", "attention.key_length"), ("sliding_window", "attention.sliding_window"),
                    ("attn_logit_softcapping", "attn_logit_softcapping"), ("final_logit_softcapping", "final_logit_softcapping"), ("rope_theta", "rope.freq_base"));
                json["tie_word_embeddings"] = !file.Weights.ContainsKey("output.weight");
                json["rope_scaling"] = Scaling(file, fields);
                if (architecture.Key.StartsWith("gemma", StringComparison.Ordinal))
                    Gemma(architecture.Key, json);
                break;
        }

        return ConfigFile.Of(file.Path, json);
    }

    private static void Dimensions(Fields fields, JsonObject json) => fields.Copy(
        json,
        ("num_hidden_layers", "block_count"),
        ("hidden_size", "embedding_length"),
        ("num_attention_heads", "attention.head_count"),
        ("num_key_value_heads", "attention.head_count_kv"),
        ("intermediate_size", "feed_forward_length"),
        ("max_position_embeddings", "context_length"));

    // Gemma's scale is in no key: llama.cpp knows it from the size. All but the largest models divide by √d_head.
    private static void Gemma(string key, JsonObject json)
    {
        json["hidden_activation"] = "gelu_pytorch_tanh";
        json["num_key_value_heads"] ??= json["num_attention_heads"]?.DeepClone();
        var isLargest = ((long?)json["num_hidden_layers"], key) is (46, "gemma2") or (62, "gemma3");
        var (width, heads) = ((long?)json["hidden_size"] ?? 0, Math.Max(1, (long?)json["num_attention_heads"] ?? 1));
        json["query_pre_attn_scalar"] = isLargest ? width / heads : json["head_dim"]?.DeepClone();
    }

    private static JsonObject? Scaling(GgufFile file, Fields fields)
    {
        if (file.Weights.TryGetValue(GgufCheckpoint.RopeFactors, out var factors))
        {
            if (factors.Count > 1 << 16)
                throw new ModelFileException(file.Path, $"'{factors.Name}' has {factors.Count} factors, more than a head has pairs.");
            return new JsonObject { ["rope_type"] = "factors", ["factors"] = new JsonArray([.. factors.ToTensor().Span.ToArray().Select(f => (JsonNode)f)]) };
        }

        if (!file.Metadata.TryGetString(fields.Key("rope.scaling.type"), out var kind) || kind == "none")
            return null;
        var scaling = new JsonObject { ["rope_type"] = kind };
        fields.Copy(scaling, ("factor", "rope.scaling.factor"));
        return scaling;
    }

    /// <summary>The metadata of one architecture.</summary>
    private sealed class Fields(GgufFile file, string architecture)
    {
        public string Key(string name) => $"{architecture}.{name}";

        public void Copy(JsonObject json, params ReadOnlySpan<(string To, string From)> fields)
        {
            foreach (var (to, from) in fields)
            {
                if (Value(from) is { } value)
                    json[to] = value;
            }
        }

        public long Vocabulary() => file.Metadata.TryGetInteger(Key("vocab_size"), out var size) ? size
            : file.Weights.TryGetValue("token_embd.weight", out var embed) ? embed.Shape[0]
            : throw new ModelFileException(file.Path, "there is no token_embd.weight; is this a whole model?");

        /// <summary>A number of dimensions as a share of a head.</summary>
        public double? Part(string name, JsonObject json) =>
            file.Metadata.TryGetInteger(Key(name), out var rotated) && (long?)json["hidden_size"] is { } width && (long?)json["num_attention_heads"] is > 0 and { } heads
                ? (double)rotated * heads / width
                : null;

        private JsonNode? Value(string name)
        {
            if (!file.Metadata.TryGetValue(Key(name), out var value))
                return null;
            return value.Type switch
            {
                GgufType.Bool => value.AsBool(),
                GgufType.Float32 or GgufType.Float64 => double.IsFinite(value.AsNumber()) ? value.AsNumber() : throw NotANumber(name),
                GgufType.String or GgufType.Array => throw NotANumber(name),
                _ => value.AsInteger(),
            };
        }

        private ModelFileException NotANumber(string name) => new(file.Path, $"'{Key(name)}' is no number that a model of one kind of layer could have; such models cannot be run.");
    }
}
