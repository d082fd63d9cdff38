namespace FeatureInterp.Models;

/// <summary>What of any family's <c>config.json</c> says how large a model is. Families name the same thing differently.</summary>
internal static class ModelConfigSummary
{
    private const int Most = 1 << 20;

    /// <summary>The architecture, the stored type it claims, and the key-value bytes of a token.</summary>
    /// <exception cref="ModelFileException">The file is no configuration.</exception>
    public static (string? Architecture, string? DType, long? KeyValueBytes) Read(string path)
    {
        var config = ConfigFile.Read(path);
        // A model of text and pictures keeps the text's half in an object of its own.
        var text = config.Has("text_config") ? "text_config." : "";
        var architecture = config.Texts("architectures") is [var first, ..] ? first : config.Text("model_type");
        return (architecture, config.Text("dtype") ?? config.Text("torch_dtype"), KeyValueBytes(config, text));
    }

    private static long? KeyValueBytes(ConfigFile config, string text)
    {
        var layers = First(config, text, "num_hidden_layers", "n_layer", "n_layers");
        var heads = First(config, text, "num_attention_heads", "n_head", "n_heads");
        var width = First(config, text, "hidden_size", "n_embd", "d_model");
        var keyHeads = First(config, text, "num_key_value_heads") ?? heads;
        var headSize = First(config, text, "head_dim") ?? width / heads;
        return layers is null || keyHeads is null || headSize is null ? null : checked(2L * layers * keyHeads * headSize * sizeof(float));
    }

    private static int? First(ConfigFile config, string text, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (config.Has(text + name))
                return config.Int(text + name, 1, Most);
        }

        return null;
    }
}
