using System.Text.Json.Nodes;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>An array of a checkpoint to be made up.</summary>
/// <param name="Name">Its published name.</param>
/// <param name="Spread">The standard deviation of its values.</param>
/// <param name="Sizes">Its shape in the file.</param>
internal sealed record TwinArray(string Name, double Spread, params int[] Sizes)
{
    /// <summary>The mean of its values.</summary>
    public double Centre { get; init; }

    /// <summary>Its element type where that is not the model's.</summary>
    public DType? Stored { get; init; }
}

/// <summary>
/// One family as people find it: the fields of its config.json, the names and layout of its arrays, what they mean and what they are
/// computed with. Written from the published modelling code, apart from the code under test.
/// </summary>
internal abstract class TwinFamily
{
    /// <summary>Llama 3.1's <c>low_freq_factor</c> and <c>high_freq_factor</c>.</summary>
    public const double LowFactor = 1, HighFactor = 4;

    public static IReadOnlyList<TwinFamily> All { get; } =
    [
        new Gpt2Family(), new GptNeoXFamily(), new PhiFamily(), new LlamaFamily(), new MistralFamily(), new Qwen2Family(), new Qwen3Family(),
        new GemmaFamily(), new Gemma2Family(), new Gemma3Family(),
    ];

    /// <summary>Every family's name, for theories.</summary>
    public static IEnumerable<string> Names => All.Select(f => f.Name);

    /// <summary><c>model_type</c></summary>
    public abstract string Name { get; }

    /// <summary><c>architectures</c></summary>
    public abstract string Architecture { get; }

    public static TwinFamily Of(string name) => All.First(f => f.Name == name);

    /// <summary>The nearest shape that the family can have.</summary>
    public virtual TinyShape Fit(TinyShape s) => s;

    public abstract JsonObject Config(TinyShape s);

    public abstract IEnumerable<TwinArray> Arrays(TinyShape s);

    public abstract TwinWeights Read(TwinFile file, TinyShape s);

    public abstract TwinMaths Maths(TinyShape s, LoadOptions options);

    /// <summary>The fields most families share, under Llama's names.</summary>
    protected JsonObject Fields(TinyShape s, string epsName = "rms_norm_eps") => new()
    {
        ["architectures"] = new JsonArray(Architecture),
        ["model_type"] = Name,
        ["num_hidden_layers"] = s.Layers,
        ["hidden_size"] = s.DModel,
        ["num_attention_heads"] = s.Heads,
        ["intermediate_size"] = s.DMlp,
        ["vocab_size"] = s.Vocab,
        ["max_position_embeddings"] = s.Context,
        [epsName] = s.Eps,
        ["tie_word_embeddings"] = s.Tied,
        [s.NewerKeys ? "dtype" : "torch_dtype"] = "float32",
    };

    /// <summary>Rotary positions under the older or the newer keys.</summary>
    protected static void AddRotary(JsonObject config, TinyShape s, string baseName = "rope_theta")
    {
        if (s.NewerKeys)
        {
            config["rope_parameters"] = RotaryParameters(s, s.Scaling, s.RopeBase);
            return;
        }

        config[baseName] = s.RopeBase;
        config["rope_scaling"] = s.Scaling == TinyScaling.None ? null : RotaryParameters(s, s.Scaling, null);
    }

    protected static JsonObject RotaryParameters(TinyShape s, TinyScaling scaling, double? rotaryBase)
    {
        // Linear scaling is older than the name rope_type.
        var result = scaling switch
        {
            TinyScaling.Linear => new JsonObject { [rotaryBase is null ? "type" : "rope_type"] = "linear", ["factor"] = s.ScalingFactor },
            TinyScaling.Llama3 => new JsonObject
            {
                ["rope_type"] = "llama3",
                ["factor"] = s.ScalingFactor,
                ["low_freq_factor"] = LowFactor,
                ["high_freq_factor"] = HighFactor,
                ["original_max_position_embeddings"] = s.OldContext,
            },
            _ => new JsonObject { ["rope_type"] = "default" },
        };
        if (rotaryBase is not null)
            result["rope_theta"] = rotaryBase;
        return result;
    }

    /// <summary>A layer norm's two arrays.</summary>
    protected static IEnumerable<TwinArray> LayerNorm(string name, int width) =>
        [new TwinArray(name + ".weight", 0.3, width) { Centre = 1 }, new TwinArray(name + ".bias", 0.3, width)];

    /// <summary>A linear layer's weight [out, in] and bias.</summary>
    protected static IEnumerable<TwinArray> Linear(string name, int outputs, int inputs, double gain = 1) =>
        [new TwinArray(name + ".weight", gain / Math.Sqrt(inputs), outputs, inputs), new TwinArray(name + ".bias", 0.3, outputs)];
}
