using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>A model's folder in Hugging Face's layout: <c>config.json</c>, <c>model.safetensors</c>, usually <c>tokenizer.json</c>.</summary>
internal static class ModelFolder
{
    public static string WeightsFile(string folder) => Path.Combine(folder, "model.safetensors");

    /// <summary>Recognises the architecture and loads it.</summary>
    public static Transformer Load(string nameOrFolder, LayerOrder order)
    {
        var folder = DataFolder.Resolve(nameOrFolder, "models");
        var tokenizer = Task.Run(() => LoadTokenizer(folder));  // beside the weights: it takes longest
        var config = ConfigFile.Read(Path.Combine(folder, "config.json"));
        var architecture = config.Texts("architectures") is [var first, ..] ? first : config.Text("model_type") ?? "unknown";
        var name = Path.GetFileName(folder.TrimEnd(Path.DirectorySeparatorChar));
        return architecture switch
        {
            "Gemma2ForCausalLM" or "gemma2" => LoadGemma2(name, folder, config, order, tokenizer),
            _ => throw config.Fault($"the architecture is '{architecture}'; the ones that can be run are: Gemma2ForCausalLM."),
        };
    }

    private static Gemma2 LoadGemma2(string name, string folder, ConfigFile file, LayerOrder order, Task<Tokenizer?> tokenizer)
    {
        var config = Gemma2Config.Read(file, order);
        if (!File.Exists(WeightsFile(folder)) && File.Exists(WeightsFile(folder) + ".index.json"))
            throw new ModelFileException(folder, "the weights are split over several files, which cannot be read yet; save the model as one model.safetensors.");
        var weights = Gemma2Weights.Read(new CheckpointReader(SafetensorsFile.Open(WeightsFile(folder))), config);
        return new Gemma2(name, folder, config, weights, tokenizer.GetAwaiter().GetResult());
    }

    private static Tokenizer? LoadTokenizer(string folder) =>
        File.Exists(Path.Combine(folder, "tokenizer.json")) ? Tokenizer.Load(folder) : null;
}
