using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Attributions against SAELens's tutorial run on the same models and SAEs.</summary>
public class AttributionGoldenTests
{
    public static TheoryData<string, string, string> Cases => GradientEditTests.SaeCases();

    [Theory, MemberData(nameof(Cases))]
    public void Run_SaesInPlace_EqualsSaeLens(string model, string processing, string name)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "saes", "on_model", model);
        var golden = new Golden(Path.Combine(folder, processing, name));
        var names = golden.Json.GetProperty("saes").EnumerateArray().Select(s => s.GetString()!).ToArray();
        var loaded = Transformer.Load(Path.Combine(folder, "hf"), new LoadOptions { Processing = processing == "none" ? WeightProcessing.None : WeightProcessing.Standard });
        var saes = Array.ConvertAll(names, n => SparseAutoencoder.Load(Path.Combine(folder, "saes", n)));
        var result = Attribution.Run(
            loaded, saes, golden.Tokens("tokens"), LogitMetric.LogitDifference(5, 9),
            new AttributionOptions { ErrorTerm = golden.Json.GetProperty("include_error_term").GetBoolean() });
        Assert.Equal(golden.Json.GetProperty("metric_value").GetDouble(), result.Value, 1e-5);
        Assert.Null(result.Gap);
        for (var i = 0; i < names.Length; i++)
        {
            var sae = result.Saes[i];
            Assert.Equal(golden.Json.GetProperty("hooks")[i].GetString(), sae.Hook.ToString());
            Tensor acts = Tensor.Zeros(result.Tokens.Count, sae.DSae), attributions = Tensor.Zeros(acts.Shape), summed = Tensor.Zeros(sae.DSae);
            foreach (var f in sae.Fired)
                (acts[f.Position, f.Feature], attributions[f.Position, f.Feature]) = ((float)f.Activation, (float)f.Attribution);
            foreach (var f in sae.Features)
                summed.Span[f.Feature] = (float)f.Attribution;
            Golden.AssertClose("features", golden[names[i] + ".feature_acts"], acts);
            Golden.AssertClose("attribution", golden[names[i] + ".attribution_per_position"], attributions);
            Golden.AssertClose("summed", golden[names[i] + ".attribution_summed_over_positions"], summed);
            Assert.Equal(golden.Json.GetProperty("sae_errors_attribution_proportion").GetProperty(names[i]).GetDouble(), sae.ErrorProportion, 1e-10);
        }
    }

    [Fact]
    public void Run_EmbeddedPair_EqualsSaeLens()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Repository.Shared!, "embedded", "goldens"));
        foreach (var wanted in golden.Json.GetProperty("attribution").EnumerateArray())
        {
            var task = wanted.GetProperty("prompt").GetString()!;
            var result = Attribution.Run(EmbeddedPair.Model, EmbeddedPair.Sae, EmbeddedPair.Tokens(task), wanted.GetProperty("token").GetInt32(), wanted.GetProperty("against").GetInt32());
            Assert.Equal(wanted.GetProperty("metric").GetDouble(), result.Value, 5e-4);
            var perFeature = Tensor.Zeros(EmbeddedPair.Sae.Config.DSae);
            foreach (var f in result.Saes[0].Features)
                perFeature.Span[f.Feature] = (float)f.Attribution;
            Golden.AssertClose("per feature", golden[$"attribution/{task}/per_feature"], perFeature);
            Golden.AssertClose("per position", golden[$"attribution/{task}/per_position"], new Tensor(result.Saes[0].PerPosition.Select(v => (float)v).ToArray(), result.Tokens.Count));
            Assert.Equal(wanted.GetProperty("top").EnumerateArray().Select(f => f[0].GetInt32()), result.Saes[0].Features.Take(10).Select(f => f.Feature));
        }
    }
}
