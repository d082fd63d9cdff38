using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The pass against SAELens and TransformerLens.</summary>
public class TopActivationsGoldenTests
{
    [Theory]
    [InlineData("gpt2", "none")]
    [InlineData("gpt2", "default")]
    [InlineData("gemma2", "none")]
    [InlineData("gemma2", "default")]
    public void Run_OnModel_EqualsTheGolden(string family, string processing)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var root = Path.Combine(Repository.Shared!, "goldens", "saes", "on_model", family);
        var golden = new Golden(Path.Combine(root, processing, "max_activation_resid1"));
        var model = Transformer.Load(Path.Combine(root, "hf"));
        if (processing == "default")
            model = model.WithProcessing(WeightProcessing.Standard);
        var sae = SparseAutoencoder.Load(Path.Combine(root, "saes", golden.Json.GetProperty("sae").GetString()!));
        var k = golden.Json.GetProperty("k").GetInt32();
        var rows = golden.Tokens("tokens");
        var result = TopActivations.Run(model, sae, rows, new() { Examples = k });

        var most = golden["max_per_feature"].Span;
        Assert.Equal(golden.Integers("fires_per_feature"), result.Features.Select(f => (long)f.Fired));
        for (var f = 0; f < sae.Config.DSae; f++)
        {
            Assert.Equal(most[f], result[f].Max, 1e-4f);
            if (most[f] > 0)
                Assert.Equal((golden.Integers("argmax_row")[f], golden.Integers("argmax_position")[f]), (result[f].Examples[0].Row, result[f].Examples[0].Position));
            else
                Assert.Empty(result[f].Examples);
        }

        // The same by their columns alone.
        int[] features = [.. golden.Integers("features").Select(f => (int)f)];
        var chosen = TopActivations.Run(model, sae, rows, new() { Examples = k, Features = features });
        var (values, rowOf, positionOf) = (golden["top_values"], golden.Tokens("top_row"), golden.Tokens("top_position"));
        for (var i = 0; i < features.Length; i++)
        {
            var fired = Enumerable.Range(0, k).Where(j => values[i, j] > 0).ToArray();
            foreach (var examples in (IReadOnlyList<ActivationExample>[])[result[features[i]].Examples, chosen[features[i]].Examples])
            {
                Assert.Equal(fired.Select(j => (rowOf[i][j], positionOf[i][j])), examples.Select(e => (e.Row, e.Position)));
                Assert.All(fired, j => Assert.Equal(values[i, j], examples[j].Value, 1e-4f));
            }
        }
    }

    [Fact]
    public void Run_EmbeddedCorpus_EqualsTheGoldenMaxima()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Repository.Shared!, "embedded", "goldens"));
        var result = TopActivations.Run(
            EmbeddedPair.Model, EmbeddedPair.Sae, golden.Tokens("corpus/tokens"), new() { Examples = 1, Before = 0, After = 0, ExcludeSpecialTokens = false });
        Golden.AssertClose("max_activation", golden["corpus/max_activation"], new Tensor(result.Features.Select(f => f.Max).ToArray(), result.Features.Count));
        var corpus = golden.Json.GetProperty("corpus");
        Assert.Equal(corpus.GetProperty("rows").GetInt32(), result.Rows);
        Assert.Equal(corpus.GetProperty("alive").GetInt32(), result.Features.Count - result.Dead.Count);
        Assert.Equal(corpus.GetProperty("l0").GetDouble(), result.L0, 1e-3);
    }
}
