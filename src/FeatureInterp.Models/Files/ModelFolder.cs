using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A model in Hugging Face's layout (<c>config.json</c>, weights in one file or in shards, usually <c>tokenizer.json</c>) or in one GGUF file.</summary>
internal static class ModelFolder
{
    /// <summary>Finds the model, recognises its architecture and loads it.</summary>
    public static Transformer Load(string model, LoadOptions options, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        var found = ModelLocator.Find(model, options.Download, progress, cancellation);
        return found.IsGguf ? GgufModel.Load(found.Name, found.Path, options) : LoadFolder(found.Name, found.Path, options);
    }

    private static Transformer LoadFolder(string name, string folder, LoadOptions options)
    {
        var tokenizer = Task.Run(() => LoadTokenizer(folder));  // beside the weights: it takes longest
        var config = ConfigFile.Read(Path.Combine(folder, "config.json"));
        var architecture = Architecture.Of(config);
        var source = WeightSource.OpenFolder(folder);
        var weights = new CheckpointReader(source, new CheckpointForm());
        var identity = new ModelIdentity(name, folder, architecture.Name, tokenizer.GetAwaiter().GetResult(), source, options) { StopTokens = StopTokens(folder) };
        var model = architecture.Create(identity, config, weights);
        weights.Finish();
        return model;
    }

    private static IReadOnlyList<int> StopTokens(string folder)
    {
        var path = Path.Combine(folder, "generation_config.json");
        return File.Exists(path) ? ConfigFile.Read(path).Integers("eos_token_id", 0, (1 << 24) - 1) : [];
    }

    private static Tokenizer? LoadTokenizer(string folder) =>
        File.Exists(Path.Combine(folder, "tokenizer.json")) ? Tokenizer.Load(folder) : null;
}
