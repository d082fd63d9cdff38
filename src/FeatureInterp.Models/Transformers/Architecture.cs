namespace FeatureInterp.Models;

/// <summary>An architecture that can be run.</summary>
/// <param name="Name">Hugging Face's class, as <c>architectures</c> in <c>config.json</c> names it.</param>
/// <param name="ModelType"><c>model_type</c> in <c>config.json</c>.</param>
/// <param name="Models">Whose models these are, for lists.</param>
/// <param name="Create">Reads the configuration and names the weights.</param>
internal sealed record Architecture(string Name, string ModelType, string Models, Func<ModelIdentity, ConfigFile, CheckpointReader, Transformer> Create)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Architecture> All { get; } =
    [
        new("GPT2LMHeadModel", "gpt2", "GPT-2", (id, file, weights) =>
        {
            var config = Gpt2Config.Read(file);
            return new Gpt2(id, config, Gpt2Config.Weights(weights, file, config.Shape));
        }),
        new("GPTNeoXForCausalLM", "gpt_neox", "GPT-NeoX, Pythia", (id, file, weights) =>
        {
            var config = GptNeoXConfig.Read(file);
            return new GptNeoX(id, config, GptNeoXConfig.Weights(weights, file, config.Shape));
        }),
        new("LlamaForCausalLM", "llama", "Llama 2 and 3, SmolLM2", (id, file, weights) =>
        {
            var config = LlamaConfig.Read(file);
            return new Llama(id, config, LlamaConfig.Weights(weights, file, config.Shape));
        }),
        new("MistralForCausalLM", "mistral", "Mistral", (id, file, weights) =>
        {
            var config = MistralConfig.Read(file);
            return new Mistral(id, config, MistralConfig.Weights(weights, file, config.Shape));
        }),
        new("Qwen2ForCausalLM", "qwen2", "Qwen2, Qwen2.5", (id, file, weights) =>
        {
            var config = Qwen2Config.Read(file);
            return new Qwen2(id, config, Qwen2Config.Weights(weights, file, config.Shape));
        }),
        new("Qwen3ForCausalLM", "qwen3", "Qwen3", (id, file, weights) =>
        {
            var config = Qwen3Config.Read(file);
            return new Qwen3(id, config, Qwen3Config.Weights(weights, file, config.Shape));
        }),
        new("GemmaForCausalLM", "gemma", "Gemma", (id, file, weights) =>
        {
            var config = GemmaConfig.Read(file, id.Options.GemmaGelu);
            return new Gemma(id, config, GemmaConfig.Weights(weights, file, config.Shape));
        }),
        new("Gemma2ForCausalLM", "gemma2", "Gemma-2", (id, file, weights) =>
        {
            var config = Gemma2Config.Read(file, id.Options.LayerOrder);
            return new Gemma2(id, config, Gemma2Config.Weights(weights, file, config.Shape));
        }),
        new("Gemma3ForCausalLM", "gemma3_text", "Gemma-3 (text)", (id, file, weights) =>
        {
            var config = Gemma3Config.Read(file);
            return new Gemma3(id, config, Gemma3Config.Weights(weights, file, config.Shape));
        }),
        new("PhiForCausalLM", "phi", "Phi-1.5, Phi-2", (id, file, weights) =>
        {
            var config = PhiConfig.Read(file);
            return new Phi(id, config, PhiConfig.Weights(weights, file, config.Shape));
        }),
    ];

    /// <summary>The architecture of a configuration.</summary>
    /// <exception cref="ModelFileException">It is none of these; the message lists them.</exception>
    public static Architecture Of(ConfigFile config)
    {
        var name = NameIn(config) ?? "unknown";
        return Find(name) ?? throw config.Fault($"the architecture is '{name}'; the ones that can be run are: {string.Join(", ", All.Select(a => a.Name))}.");
    }

    /// <summary>The architecture of this class or model type, or null.</summary>
    public static Architecture? Find(string name) => All.FirstOrDefault(a => a.Name == name || a.ModelType == name);

    /// <summary>What a configuration calls its architecture, or null.</summary>
    public static string? NameIn(ConfigFile config) => config.Texts("architectures") is [var first, ..] ? first : config.Text("model_type");
}
