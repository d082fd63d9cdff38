using System.Globalization;
using System.Text.Json;
using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>The peers' numbers for output-centric descriptions: a tiny model, its SAE, and what the notebook's own functions made of them.</summary>
internal sealed class OutputCentricGolden
{
    private OutputCentricGolden(string name)
    {
        Name = name;
        Golden = new Golden(Folder);
        Json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, name + ".json"))).RootElement;
        Raw = Transformer.Load(Path.Combine(Folder, name));
        Model = Raw.WithProcessing(WeightProcessing.Standard);
        Sae = SparseAutoencoder.Load(Path.Combine(Folder, name, "sae"));
    }

    public static string Folder
    {
        get
        {
            Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
            return Path.Combine(Repository.Shared!, "goldens", "outputcentric");
        }
    }

    public string Name { get; }

    public Golden Golden { get; }

    public JsonElement Json { get; }

    /// <summary>The model without weight processing.</summary>
    public Transformer Raw { get; }

    /// <summary>The model as the notebook loads it.</summary>
    public Transformer Model { get; }

    public SparseAutoencoder Sae { get; }

    public static OutputCentricGolden Of(string name) => new(name);

    public IEnumerable<JsonElement> Entries(string part) => Json.GetProperty(part).GetProperty("entries").EnumerateArray();

    /// <summary>"sae45" is a feature, "neuron2.39" a neuron.</summary>
    public Unit Unit(string label)
    {
        if (label.StartsWith("sae", StringComparison.Ordinal))
            return Analysis.Unit.Feature(Sae, int.Parse(label[3..], CultureInfo.InvariantCulture));
        var parts = label["neuron".Length..].Split('.');
        return Analysis.Unit.Neuron(int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    public static string Label(JsonElement entry) => entry.GetProperty("label").GetString()!;

    public static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetInt32())];

    public static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetString()!)];
}
