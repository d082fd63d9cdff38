using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>Features read, removed and amplified in a model, against SAELens.</summary>
public class FeatureGoldenTests
{
    public static TheoryData<string> Ablations() => OnModelGoldens.Cases("ablate_");

    public static TheoryData<string> Steerings() => OnModelGoldens.Cases("steer_");

    public static TheoryData<string> Contrasts() => OnModelGoldens.Cases("contrast_");

    [Theory, MemberData(nameof(Ablations), DisableDiscoveryEnumeration = true)]
    public void Run_FeatureZeroed_EqualsSaeLens(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var golden = OnModelGoldens.Open(name);
        var model = OnModelGoldens.ModelOf(name);
        var sae = OnModelGoldens.Sae(name, golden.Json.GetProperty("sae").GetString()!);
        var hook = golden.Json.GetProperty("hook").GetString()!;
        var tokens = golden.Tokens("tokens");
        Golden.AssertClose("acts", golden["acts"], model.Run(tokens, capture: hook, splice: [sae.Splice()]).Activations[hook].Padded());
        foreach (var kind in new[] { "plain", "error" })
        {
            Golden.AssertClose(kind, golden[$"none.{kind}.logits"], model.Run(tokens, splice: [sae.Splice(kind == "error")]).Logits.Padded());
            foreach (var feature in golden.Json.GetProperty("features").EnumerateArray().Select(e => e.GetInt32()))
            {
                foreach (var where in new[] { "all", "last" })
                {
                    var zero = Hook.Zero(hook, position: where == "last" ? tokens[0].Length - 1 : null, index: feature);
                    var run = model.Run(tokens, edit: [zero], splice: [sae.Splice(kind == "error")]);
                    Golden.AssertClose($"{feature}.{kind}.{where}", golden[$"feature{feature}.{kind}.{where}.logits"], run.Logits.Padded());
                }
            }
        }
    }

    [Theory, MemberData(nameof(Steerings), DisableDiscoveryEnumeration = true)]
    public void Generate_Steered_EqualsSaeLens(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var golden = OnModelGoldens.Open(name);
        var model = OnModelGoldens.ModelOf(name);
        var sae = OnModelGoldens.Sae(name, golden.Json.GetProperty("sae").GetString()!);
        var (feature, prompt) = (golden.Json.GetProperty("feature").GetInt32(), golden.Tokens("tokens")[0]);
        var hook = golden.Json.GetProperty("hook").GetString()!;
        var max = (float)golden.Json.GetProperty("max_act").GetDouble();
        var strongest = golden.Tokens("search_tokens").Max(row => model.Run(row, splice: [sae.Splice(errorTerm: true)], capture: hook + ".hook_sae_acts_post").Features(sae)[0]
            .Where(f => f.Feature == feature).Select(f => f.Value).DefaultIfEmpty().Max());
        Assert.Equal(max, strongest, 5e-5f * max);

        Golden.AssertClose("clean", golden["logits_clean"], model.Run(prompt).Logits.Padded());
        Assert.Equal(golden.Tokens("generated_clean")[0][prompt.Length..], model.Generate(prompt, 20)[0].Tokens);
        foreach (var strength in new[] { "-4", "-2", "0.5", "2", "4" })
        {
            var add = Hook.Add(hook, sae.Direction(feature), max * float.Parse(strength, System.Globalization.CultureInfo.InvariantCulture));
            Golden.AssertClose(strength, golden[$"strength{strength}.logits"], model.Run(prompt, edit: [add]).Logits.Padded());
            Assert.Equal(golden.Tokens($"strength{strength}.generated")[0][prompt.Length..], model.Generate(prompt, 20, edit: [add])[0].Tokens);
        }
    }

    [Theory, MemberData(nameof(Contrasts), DisableDiscoveryEnumeration = true)]
    public void Features_LastTokensOfTwoPrompts_EqualSaeLens(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var golden = OnModelGoldens.Open(name);
        var hook = golden.Json.GetProperty("hook").GetString()!;
        var sae = OnModelGoldens.Sae(name, golden.Json.GetProperty("sae").GetString()!);
        int[][] prompts = [golden.Tokens("tokens_a")[0], golden.Tokens("tokens_b")[0]];
        var run = OnModelGoldens.ModelOf(name).Run(prompts, capture: hook, splice: [sae.Splice()]);
        var (a, b) = (run.Activations[hook].Last(0), run.Activations[hook].Last(1));
        Golden.AssertClose("a", golden["acts_a_last"], a);
        Golden.AssertClose("b", golden["acts_b_last"], b);
        var top = Enumerable.Range(0, a.Length).OrderByDescending(f => Math.Abs(a.Span[f] - b.Span[f])).Take(5);
        Assert.Equal(golden.Integers("top5_features"), top.Select(f => (long)f));
    }
}
