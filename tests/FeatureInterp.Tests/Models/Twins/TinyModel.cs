using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>A random model in a folder of its own, and the very values its weight files hold, widened to double.</summary>
internal sealed class TinyModel : IDisposable
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tiny-model-");
    private readonly Dictionary<string, double[]> _weights = new(StringComparer.Ordinal);

    /// <summary>Writes the files.</summary>
    /// <param name="shape">The shape, made to fit the family.</param>
    /// <param name="family">The family's <c>model_type</c>.</param>
    /// <param name="change">Changes which arrays are written.</param>
    public TinyModel(TinyShape? shape = null, string family = "gemma2", Func<IEnumerable<TwinArray>, IEnumerable<TwinArray>>? change = null)
    {
        Family = TwinFamily.Of(family);
        Shape = Family.Fit(shape ?? new TinyShape());
        var random = new Random(Shape.Seed);
        var arrays = Family.Arrays(Shape);
        Save([.. change is null ? arrays : change(arrays)], random);
        SaveConfig(Family.Config(Shape));
    }

    public TwinFamily Family { get; }

    public TinyShape Shape { get; }

    public string Folder => _folder.FullName;

    public string ConfigPath => Path.Combine(Folder, "config.json");

    public IReadOnlyDictionary<string, double[]> Weights => _weights;

    public double[] this[string weight] => _weights[weight];

    public Transformer Load(LayerOrder order = LayerOrder.LocalFirst) => Load(new LoadOptions { LayerOrder = order });

    public Transformer Load(LoadOptions options) => Transformer.Load(Folder, options);

    /// <summary>Random token ids.</summary>
    public int[] Prompt(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(Shape.Vocab))];
    }

    public void SaveConfig(JsonObject config) => File.WriteAllText(ConfigPath, config.ToJsonString(Indented));

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The config.json of a Gemma-2.</summary>
    public static string Config(TinyShape shape) => TwinFamily.Of("gemma2").Config(shape).ToJsonString(Indented);

    // One file, or arrays dealt out to several with an index beside them.
    private void Save(TwinArray[] arrays, Random random)
    {
        var files = Enumerable.Range(0, Shape.Shards).Select(_ => new RawSafetensors()).ToArray();
        var map = new JsonObject();
        for (var i = 0; i < arrays.Length; i++)
        {
            var a = arrays[i];
            var values = new float[a.Sizes.Aggregate(1, (x, y) => x * y)];
            for (var j = 0; j < values.Length; j++)
                values[j] = (float)(a.Centre + Normal(random) * a.Spread);
            _weights[a.Name] = files[i % files.Length].Add(a.Name, a.Stored ?? Shape.DType, a.Sizes, values);
            map[a.Name] = FileName(i % files.Length);
        }

        for (var f = 0; f < files.Length; f++)
            files[f].Save(Path.Combine(Folder, FileName(f)));
        if (files.Length > 1)
            File.WriteAllText(Path.Combine(Folder, "model.safetensors.index.json"), new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = 1 }, ["weight_map"] = map }.ToJsonString());
    }

    private string FileName(int shard) => Shape.Shards == 1 ? "model.safetensors" : $"model-{shard + 1:00000}-of-{Shape.Shards:00000}.safetensors";

    // Box and Muller's transform of two uniform numbers.
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
