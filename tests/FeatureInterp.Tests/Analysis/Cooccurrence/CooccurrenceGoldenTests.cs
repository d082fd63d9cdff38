using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Co-occurrence against SAELens, TransformerLens and scikit-learn.</summary>
public class CooccurrenceGoldenTests
{
    private static Tensor Rows(IEnumerable<IEnumerable<double>> rows)
    {
        var values = rows.Select(r => r.Select(v => (float)v).ToArray()).ToArray();
        return new Tensor(values.SelectMany(v => v).ToArray(), values.Length, values[0].Length);
    }

    private static Tensor Row(IEnumerable<double> row) => Rows([row]);

    [Theory]
    [InlineData("gpt2", "none")]
    [InlineData("gpt2", "default")]
    [InlineData("gemma2", "none")]
    [InlineData("gemma2", "default")]
    public void Run_OnModel_EqualsTheGolden(string family, string processing)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var root = Path.Combine(Repository.Shared!, "goldens", "saes", "on_model", family);
        var golden = new Golden(Path.Combine(root, processing, "cooccurrence_pca_resid1"));
        var model = Transformer.Load(Path.Combine(root, "hf"));
        if (processing == "default")
            model = model.WithProcessing(WeightProcessing.Standard);
        var sae = SparseAutoencoder.Load(Path.Combine(root, "saes", golden.Json.GetProperty("sae").GetString()!));
        var tokens = golden.Tokens("tokens");
        int[] features = [.. golden.Integers("features").Select(f => (int)f)];
        var set = Cooccurrence.Run(model, sae, tokens, new Dictionary<string, int[]> { ["key"] = features, ["other"] = [1, 2] })["key"];

        AssertFits(set, golden, "", tokens[0].Length, golden.Integers("token_rows"));
        Golden.AssertClose("explained_variance", golden["explained_variance"], Row(set.Components.Select(c => c.Variance)));
        Golden.AssertClose("explained_variance_ratio", golden["explained_variance_ratio"], Row(set.Components.Select(c => c.Ratio)));
        Golden.AssertClose("cooccurrence_counts", golden["cooccurrence_counts"], Rows(set.Together.Select(r => r.Select(c => (double)c))), 0);
        var acts = golden["feature_acts"];
        foreach (var point in set.Points)
        {
            var row = acts.Span.Slice((point.Row * tokens[0].Length + point.Position) * features.Length, features.Length).ToArray();
            Assert.Equal(features.Where((_, f) => row[f] > 0), point.Fired.Select(f => f.Feature));
            Assert.Equal(features[Array.IndexOf(row, row.Max())], point.Strongest);
        }
    }

    [Fact]
    public void Run_EmbeddedPair_EqualsTheGolden()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Repository.Shared!, "embedded", "goldens"));
        var wanted = golden.Json.GetProperty("pca");
        var tokens = golden.Tokens("corpus/tokens");
        var sets = wanted.EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetProperty("features").EnumerateArray().Select(f => f.GetInt32()).ToArray());
        var result = Cooccurrence.Run(EmbeddedPair.Model, EmbeddedPair.Sae, tokens, sets, new() { ExcludeSpecialTokens = false });
        Assert.Equal(2, result.Sets.Count);
        foreach (var set in result.Sets)
        {
            Assert.Equal(wanted.GetProperty(set.Name).GetProperty("fired").GetInt32(), set.Fired);
            AssertFits(set, golden, $"pca/{set.Name}/", tokens[0].Length, golden.Integers($"pca/{set.Name}/positions"));
            foreach (var (name, found) in new[] { ("explained_variance", set.Components.Select(c => c.Variance)), ("explained_variance_ratio", set.Components.Select(c => c.Ratio)) })
                Golden.AssertClose(name, Row(wanted.GetProperty(set.Name).GetProperty(name).EnumerateArray().Select(v => v.GetDouble())), Row(found));
        }
    }

    private static void AssertFits(CooccurrenceSet set, Golden golden, string prefix, int rowLength, long[] positions)
    {
        Assert.Equal(positions, set.Points.Select(p => (long)p.Row * rowLength + p.Position));
        Golden.AssertClose("mean", golden[prefix + "mean"], Row(set.Mean));
        Golden.AssertClose("components", golden[prefix + "components"], Rows(set.Components.Select(c => c.Direction)), 2e-4);
        Golden.AssertClose("projections", golden[prefix.Length > 0 ? prefix + "projection" : "projections"], Rows(set.Points.Select(p => p.Projection)), 2e-4);
    }
}
