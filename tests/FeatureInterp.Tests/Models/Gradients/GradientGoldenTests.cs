using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Gradients against TransformerLens's, which PyTorch computes, when the goldens are there.</summary>
public class GradientGoldenTests
{
    public static TheoryData<string> Families => FamilyGoldenTests.Families;

    [Theory, MemberData(nameof(Families))]
    public void Gradient_ResidualStream_EqualsTransformerLens(string family)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Repository.Shared!, "goldens", "models", family));
        var model = Transformer.Load(golden.Folder, new LoadOptions { GemmaGelu = GemmaGelu.Exact });
        var constants = golden.Json.GetProperty("constants");
        var metric = LogitMetric.LogitDifference(constants.GetProperty("t1").GetInt32(), constants.GetProperty("t2").GetInt32());
        string[] names = [.. golden.Names.Where(n => n.StartsWith("A/grad/", StringComparison.Ordinal))];
        var found = model.Gradient(golden.Tokens("tokens/A"), metric, at: (string[])[.. names.Select(n => n["A/grad/".Length..])]);
        Assert.NotEmpty(names);
        foreach (var name in names)
            Golden.AssertClose($"{family} {name}", golden[name], found.Gradients[name["A/grad/".Length..]].Padded());
    }
}
