using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The goldens of TransformerLens's tools: gpt2 and gemma2, each unprocessed and processed.</summary>
internal sealed class LensGoldens
{
    private readonly string _prefix;

    private LensGoldens(string family, string group)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "models", family);
        Golden = new Golden(folder);
        Model = Transformer.Load(folder);
        Processing = group == "processed" ? WeightProcessing.Standard : WeightProcessing.None;
        _prefix = $"tools/{group}/";
    }

    public static TheoryData<string, string> Groups => new() { { "gpt2", "unprocessed" }, { "gpt2", "processed" }, { "gemma2", "unprocessed" }, { "gemma2", "processed" } };

    public Golden Golden { get; }

    public Transformer Model { get; }

    public WeightProcessing Processing { get; }

    public int Token => Golden.Json.GetProperty("constants").GetProperty("t1").GetInt32();

    public int Incorrect => Golden.Json.GetProperty("constants").GetProperty("t2").GetInt32();

    public Tensor this[string name] => Golden[_prefix + name];

    public static LensGoldens Of(string family, string group) => new(family, group);

    public string[] Labels(string name) => [.. Golden.Json.GetProperty("constants").GetProperty($"{_prefix.TrimEnd('/')} labels").GetProperty(name).EnumerateArray().Select(l => l.GetString()!)];

    public void AssertStack(string name, ResidualStack found, string? labels = null)
    {
        if (labels is not null)
            Assert.Equal(Labels(labels), found.Labels);
        Golden.AssertClose(name, this[name], found[0]);
    }
}
