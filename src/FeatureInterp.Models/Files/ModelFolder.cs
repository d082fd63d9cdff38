using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A model's folder in Hugging Face's layout: <c>config.json</c>, weights in one file or in shards, usually <c>tokenizer.json</c>.</summary>
internal static class ModelFolder
{
    /// <summary>Recognises the architecture and loads it.</summary>
    public static Transformer Load(string nameOrFolder, LoadOptions options)
    {
        var folder = DataFolder.Resolve(nameOrFolder, "models");
        var tokenizer = Task.Run(() => LoadTokenizer(folder));  // beside the weights: it takes longest
        var config = ConfigFile.Read(Path.Combine(folder, "config.json"));
        var architecture = Architecture.Of(config);
        var source = WeightSource.OpenFolder(folder);
        var weights = new CheckpointReader(source, new CheckpointForm());
        var name = Path.GetFileName(folder.TrimEnd(Path.DirectorySeparatorChar));
        var identity = new ModelIdentity(name, folder, architecture.Name, tokenizer.GetAwaiter().GetResult(), source, options);
        var model = architecture.Create(identity, config, weights);
        weights.Finish();
        return model;
    }

    private static Tokenizer? LoadTokenizer(string folder) =>
        File.Exists(Path.Combine(folder, "tokenizer.json")) ? Tokenizer.Load(folder) : null;
}
