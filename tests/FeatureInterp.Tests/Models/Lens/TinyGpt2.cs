using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>A random GPT-2 in a folder of its own, with sizes that are no multiples of a vector's width, and the values of its file in double.</summary>
internal sealed class TinyGpt2 : IDisposable
{
    public const int Layers = 3;
    public const int Width = 15;
    public const int Heads = 3;
    public const int HeadDim = 5;
    public const int Mlp = 22;
    public const int Vocab = 37;
    public const int Context = 20;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tiny-gpt2-");
    private readonly Dictionary<string, double[]> _weights = new(StringComparer.Ordinal);
    private readonly Random _random = new(7);
    private readonly RawSafetensors _file = new();

    public TinyGpt2()
    {
        Add("wte.weight", 0.5, Vocab, Width);
        Add("wpe.weight", 0.3, Context, Width);
        for (var l = 0; l < Layers; l++)
        {
            Norm($"h.{l}.ln_1");
            Add($"h.{l}.attn.c_attn.weight", 0.4, Width, 3 * Width);
            Add($"h.{l}.attn.c_attn.bias", 0.3, 3 * Width);
            Add($"h.{l}.attn.c_proj.weight", 0.3, Width, Width);
            Add($"h.{l}.attn.c_proj.bias", 0.2, Width);
            Norm($"h.{l}.ln_2");
            Add($"h.{l}.mlp.c_fc.weight", 0.3, Width, Mlp);
            Add($"h.{l}.mlp.c_fc.bias", 0.2, Mlp);
            Add($"h.{l}.mlp.c_proj.weight", 0.3, Mlp, Width);
            Add($"h.{l}.mlp.c_proj.bias", 0.2, Width);
        }

        Norm("ln_f");
        _file.Save(Path.Combine(Folder, "model.safetensors"));
        File.WriteAllText(Path.Combine(Folder, "config.json"), $$"""
            {"architectures": ["GPT2LMHeadModel"], "n_layer": {{Layers}}, "n_embd": {{Width}}, "n_head": {{Heads}}, "n_inner": {{Mlp}},
             "vocab_size": {{Vocab}}, "n_positions": {{Context}}, "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new"}
            """);
    }

    public string Folder => _folder.FullName;

    public double[] this[string name] => _weights[name];

    /// <summary>Every kind of processing there is, refactoring included.</summary>
    public static TheoryData<string> Processings => ["none", "fold", "standard", "centre", "values"];

    public static WeightProcessing Processing(string name) => name switch
    {
        "none" => WeightProcessing.None,
        "fold" => new WeightProcessing { FoldLn = true },
        "centre" => new WeightProcessing { CenterWritingWeights = true, CenterUnembed = true },
        "values" => new WeightProcessing { FoldValueBiases = true },
        _ => WeightProcessing.Standard,
    };

    public Transformer Load(WeightProcessing? processing = null) => Transformer.Load(Folder, new LoadOptions { Processing = processing ?? WeightProcessing.None });

    public static int[] Prompt(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(Vocab))];
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Norm(string name)
    {
        Add(name + ".weight", 0.3, Width);
        Add(name + ".bias", 0.2, Width);
    }

    private void Add(string name, double spread, params int[] sizes)
    {
        var values = new float[sizes.Aggregate(1, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)((name.EndsWith("_1.weight", StringComparison.Ordinal) || name.EndsWith("_2.weight", StringComparison.Ordinal) || name == "ln_f.weight" ? 1 : 0) + (_random.NextDouble() * 2 - 1) * spread * 1.7);
        _weights[name] = _file.Add(name, DType.F32, sizes, values);
    }
}
