using System.Globalization;
using FeatureInterp.Analysis;
using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>Steering against SAELens and TransformerLens, when the goldens are there.</summary>
public class SteeringGoldenTests
{
    public static TheoryData<string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string>();
        foreach (var model in new[] { "gpt2", "gemma2" })
        {
            foreach (var processing in new[] { "none", "default" })
            {
                cases.Add(model, processing, "resid1");
                cases.Add(model, processing, "jump2");
            }
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Run_OnModelCase_EqualsThePeers(string family, string processing, string name)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var root = Path.Combine(Repository.Shared!, "goldens", "saes", "on_model", family);
        var golden = new Golden(Path.Combine(root, processing, "steer_" + name));
        var model = Transformer.Load(Path.Combine(root, "hf"), new LoadOptions { Processing = processing == "none" ? WeightProcessing.None : WeightProcessing.Standard });
        var sae = SparseAutoencoder.Load(Path.Combine(root, "saes", name)).For(model);
        var feature = golden.Json.GetProperty("feature").GetInt32();
        double[] strengths = [.. golden.Json.GetProperty("strengths").EnumerateArray().Select(s => s.GetDouble())];
        var tokens = golden.Tokens("tokens")[0];

        var maxima = MaxActivation.Over(model, sae, golden.Tokens("search_tokens"), [feature], excludeSpecialTokens: false);
        Assert.Equal(golden.Json.GetProperty("max_act").GetDouble(), maxima[feature], 1e-5 * maxima[feature]);
        var result = SteeringSweep.Run(model, sae, [tokens], [feature], strengths, new SteeringOptions { MaxActivations = maxima, NewTokens = 20, StopAtEos = false });
        var runs = new Sweep(model, tokens).Run([Branch.Clean, .. strengths.Select(s => sae.Intervene(Intervention.Steer(feature, s, maxima[feature])))]);
        Golden.AssertClose("clean", golden["logits_clean"][0], runs[0].Logits[0], 1e-4);
        Assert.Equal(golden.Tokens("generated_clean")[0][tokens.Length..], result.Unsteered()!.Tokens);
        for (var i = 0; i < strengths.Length; i++)
        {
            var prefix = $"strength{strengths[i].ToString(CultureInfo.InvariantCulture)}";
            Golden.AssertClose(prefix, golden[prefix + ".logits"][0], runs[i + 1].Logits[0], 1e-4);
            Assert.Equal(golden.Tokens(prefix + ".generated")[0][tokens.Length..], result.Of(feature).Single(t => t.Strength.Equals(strengths[i])).Tokens);
        }
    }

    [Theory, InlineData("gpt2"), InlineData("gemma2")]
    public void MaxActivation_EveryFeature_EqualsSaeLens(string family)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var root = Path.Combine(Repository.Shared!, "goldens", "saes", "on_model", family);
        var golden = new Golden(Path.Combine(root, "none", "max_activation_resid1"));
        var model = Transformer.Load(Path.Combine(root, "hf"), new LoadOptions { Processing = WeightProcessing.None });
        var wanted = golden["max_per_feature"];
        var found = MaxActivation.Over(model, SparseAutoencoder.Load(Path.Combine(root, "saes", "resid1")), golden.Tokens("tokens"), [.. Enumerable.Range(0, wanted.Length)], excludeSpecialTokens: false);
        Golden.AssertClose("maxima", wanted, new(Enumerable.Range(0, wanted.Length).Select(f => (float)found[f]).ToArray(), wanted.Length));
    }

    [Fact]
    public void Run_EmbeddedPair_MakesThePeersTexts()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Repository.Shared!, "embedded", "goldens"));
        var cases = golden.Json.GetProperty("steering").EnumerateArray().ToArray();
        Assert.NotEmpty(cases);
        var task = cases[0].GetProperty("prompt").GetString()!;
        var maxima = cases.GroupBy(c => c.GetProperty("feature").GetInt32()).ToDictionary(g => g.Key, g => g.First().GetProperty("max_activation").GetDouble());
        double[] strengths = [.. cases.Select(c => c.GetProperty("strength").GetDouble()).Distinct()];
        var result = SteeringSweep.Run(EmbeddedPair.Model, EmbeddedPair.Sae, [EmbeddedPair.Tokens(task)], [.. maxima.Keys], strengths, new SteeringOptions { MaxActivations = maxima, NewTokens = 60, StopAtEos = false });
        foreach (var c in cases)
        {
            var (feature, strength) = (c.GetProperty("feature").GetInt32(), c.GetProperty("strength").GetDouble());
            var text = result.Of(feature).Single(t => t.Strength.Equals(strength));
            Assert.Equal(c.GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32()), text.Tokens);
            Assert.Equal(c.GetProperty("text").GetString(), EmbeddedPair.Model.RequireTokenizer().Decode(text.Tokens.ToArray()));
        }
    }

    [Fact]
    public void MaxActivation_EmbeddedCorpus_EqualsSaeLens()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Repository.Shared!, "embedded", "goldens"));
        int[] features = [0, 305, 863, 1478, 1754, 1862, 2047];
        var found = MaxActivation.Over(EmbeddedPair.Model, EmbeddedPair.Sae, golden.Tokens("corpus/tokens"), features, excludeSpecialTokens: false);
        foreach (var f in features)
            Assert.Equal(golden["corpus/max_activation"].Span[f], found[f], 1e-3);
    }
}
