using System.Text.Json.Nodes;
using FeatureInterp.Models;
using FeatureInterp.Tensors;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

/// <summary>Each family's weights and config.json against each other: all that does not fit is named at once, and nothing else ever happens.</summary>
public class FamilyWeightTests
{
    private static readonly string[] HostileValues =
    [
        "null", "true", "false", "0", "-1", "1", "2", "3", "7", "0.5", "1e308", "1e-300", "99999999999999999999", "\"\"", "\"silu\"", "\"gelu\"", "\"gelu_new\"", "[]", "{}",
        "[\"sliding_attention\"]", "{\"rope_type\": \"linear\", \"factor\": 2}", "{\"type\": \"llama3\"}", "{\"rope_theta\": -1}", "{\"full_attention\": 3}",
        "{\"partial_rotary_factor\": 0}", "{\"sliding_attention\": {\"rope_theta\": 1e9}}",
    ];

    public static TheoryData<string> Families => [.. TwinFamily.Names];

    [Theory, MemberData(nameof(Families))]
    public void Load_ArraysMissingOfAnotherShapeAndLeftOver_AreAllNamed(string family)
    {
        TwinArray[] all = [];
        using var tiny = new TinyModel(family: family, change: arrays =>
        {
            all = [.. arrays];
            return [.. all[..3], .. all[4..5], all[5] with { Sizes = [.. all[5].Sizes[..^1], all[5].Sizes[^1] + 1] }, .. all[6..], new TwinArray("model.surprise.weight", 1, 2, 3)];
        });
        var e = Assert.Throws<WeightFileException>(() => tiny.Load());
        Assert.Contains($"'{all[3].Name}' [{string.Join(", ", all[3].Sizes)}] is missing", e.Message, StringComparison.Ordinal);
        Assert.Contains($"'{all[5].Name}' is [{string.Join(", ", [.. all[5].Sizes[..^1], all[5].Sizes[^1] + 1])}], but config.json asks for [{string.Join(", ", all[5].Sizes)}]", e.Message, StringComparison.Ordinal);
        Assert.Contains("one array that the configuration does not ask for: 'model.surprise.weight' [2, 3]", e.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Families))]
    public void Load_MoreOrFewerLayersThanTheFile_IsRefused(string family)
    {
        using var tiny = new TinyModel(family: family);
        var field = family == "gpt2" ? "n_layer" : "num_hidden_layers";
        var perLayer = tiny.Family.Arrays(tiny.Shape with { Layers = 2 }).Count() - tiny.Family.Arrays(tiny.Shape with { Layers = 1 }).Count();
        Assert.Contains($"there are {perLayer} arrays that the configuration does not ask for", Misfit(2), StringComparison.Ordinal);
        Assert.Contains(".3.", Misfit(4), StringComparison.Ordinal);
        Assert.Contains("more", Misfit(900), StringComparison.Ordinal);
        Assert.InRange(Misfit(900).Length, 100, 3000);

        string Misfit(int layers)
        {
            var config = tiny.Family.Config(tiny.Shape);
            config[field] = layers;
            config.Remove("layer_types");
            tiny.SaveConfig(config);
            return Assert.Throws<WeightFileException>(() => tiny.Load()).Message;
        }
    }

    // Whatever stands in a field, the model loads and runs or one of the two exceptions says why.
    [Theory, MemberData(nameof(Families))]
    public void Load_AnyFieldOfAnyValue_NeverFailsOtherwise(string family)
    {
        using var tiny = new TinyModel(new TinyShape { Layers = 2, KeyValueHeads = 4 }, family);
        string[] fields = [.. TwinFamily.All.SelectMany(f => f.Config(tiny.Shape)).Select(p => p.Key).Append("rope_parameters").Append("n_inner").Append("layer_types").Distinct()];
        Prop.ForAll(Gen.Elements(fields).Two().ToArbitrary(), Gen.Elements(HostileValues).Two().ToArbitrary(), (two, values) =>
        {
            var config = tiny.Family.Config(tiny.Shape);
            config[two.Item1] = JsonNode.Parse(values.Item1);
            config[two.Item2] = JsonNode.Parse(values.Item2);
            tiny.SaveConfig(config);
            LoadsOrSaysWhy(tiny);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(3, 9));
    }

    [Theory, MemberData(nameof(Families))]
    public void Load_RandomlySpoiltConfig_NeverFailsOtherwise(string family)
    {
        using var tiny = new TinyModel(new TinyShape { Layers = 2, Scaling = TinyScaling.Linear, LayerTypes = [true, false] }, family);
        var bytes = File.ReadAllBytes(tiny.ConfigPath);
        Prop.ForAll(Gen.Choose(0, bytes.Length - 1).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), Gen.Choose(0, 2).ToArbitrary(), (at, value, kind) =>
        {
            byte[] spoilt = kind switch
            {
                0 => [.. bytes[..at], (byte)value, .. bytes[(at + 1)..]],
                1 => [.. bytes[..at], (byte)value, .. bytes[at..]],
                _ => [.. bytes[..at], .. bytes[(at + 1)..]],
            };
            File.WriteAllBytes(tiny.ConfigPath, spoilt);
            LoadsOrSaysWhy(tiny);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100).WithReplay(3, 5));
    }

    private static void LoadsOrSaysWhy(TinyModel tiny)
    {
        try
        {
            var model = tiny.Load();
            model.Run(tiny.Prompt(Math.Min(3, model.Config.ContextLength), 1));
        }
        catch (Exception e) when (e is ModelFileException or WeightFileException)
        {
            Assert.Contains(tiny.Folder, e.Message, StringComparison.Ordinal);
        }
    }
}
