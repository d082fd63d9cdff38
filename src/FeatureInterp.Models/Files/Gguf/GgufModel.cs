using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A whole model in one GGUF file.</summary>
internal static class GgufModel
{
    public static Transformer Load(string name, string path, LoadOptions options)
    {
        var file = GgufFile.Open(path);
        var text = Task.Run(() => GgufText.Tokenizer(file));    // beside the weights: it takes longest
        var architecture = GgufConfig.ArchitectureOf(file);
        var config = GgufConfig.Read(file, architecture);
        var source = new GgufCheckpoint(file, architecture);
        var weights = new CheckpointReader(source, architecture.Form);
        var (tokenizer, fault) = text.GetAwaiter().GetResult();
        var identity = new ModelIdentity(name, path, architecture.HuggingFace, tokenizer, source, options)
        {
            StopTokens = GgufText.StopTokens(file),
            ChatSource = GgufText.ChatTemplate(file),
            TokenizerFault = fault,
        };
        var model = Architecture.Of(config).Create(identity, config, weights);
        weights.Finish();
        return model;
    }

    /// <summary>What a file says of itself, without its arrays being read.</summary>
    public static ModelSummary Summarize(string path)
    {
        var file = GgufFile.Open(path);
        var key = file.Metadata.TryGetString("general.architecture", out var found) ? found : null;
        var summary = new ModelSummary
        {
            Name = "",
            Path = path,
            Source = ModelSource.Path,
            Architecture = key is null ? null : GgufArchitecture.Find(key)?.HuggingFace ?? key,
            DType = file.Weights.Values.GroupBy(w => w.DType).MaxBy(g => g.Sum(w => w.Count))?.Key.ToString(),
            Parameters = file.Weights.Values.Sum(w => w.Count),
        };
        if (key is null || !file.Metadata.TryGetInteger(key + ".block_count", out var layers) || !file.Metadata.TryGetInteger(key + ".attention.head_count", out var heads)
            || !file.Metadata.TryGetInteger(key + ".embedding_length", out var width) || heads < 1)
            return summary;
        const long Most = 1 << 20;
        var shared = file.Metadata.TryGetInteger(key + ".attention.head_count_kv", out var kv) ? kv : heads;
        var headDim = file.Metadata.TryGetInteger(key + ".attention.key_length", out var length) ? length : width / heads;
        return layers is >= 0 and < Most && shared is >= 0 and < Most && headDim is >= 0 and < Most
            ? summary with { KeyValueBytesPerToken = checked(2 * layers * shared * headDim * sizeof(float)) }
            : summary;
    }
}
