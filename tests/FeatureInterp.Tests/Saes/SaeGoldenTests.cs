using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>SAEs in a model against SAELens, when the goldens are there.</summary>
public class SaeGoldenTests
{
    public static TheoryData<string> Attached() => ["attach_resid1", "attach_z1", "attach_mlp0", "attach_two_mlp0_resid1"];

    [Theory, MemberData(nameof(Attached))]
    public void Splice_InGemma2_EqualsSaeLens(string name)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var root = Path.Combine(Repository.Shared!, "goldens", "saes", "on_model", "gemma2");
        var golden = new Golden(Path.Combine(root, "none", name));
        var model = Transformer.Load(Path.Combine(root, "hf"));
        var saes = golden.Json.GetProperty("saes").EnumerateArray().Select(e => SparseAutoencoder.Load(Path.Combine(root, "saes", e.GetString()!))).ToArray();
        var compared = 0;
        foreach (var batch in new[] { "A", "B" })
        {
            foreach (var (kind, errorTerm) in new[] { ("plain", false), ("error", true) })
            {
                var run = model.Run(golden.Tokens(batch + ".tokens"), capture: HookSelection.All, splice: [.. saes.Select(s => s.Splice(errorTerm))]);
                Golden.AssertClose($"{batch}.{kind}", golden[$"{batch}.{kind}.logits"], run.Logits.Padded());
                compared += golden.AssertActivations($"{batch}.{kind}.cache.", run);
            }
        }

        Assert.True(compared > 20);
    }

    [Fact]
    public void Steering_JumpRelu_GeneratesSaeLensTokens()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var root = Path.Combine(Repository.Shared!, "goldens", "saes", "on_model", "gemma2");
        var golden = new Golden(Path.Combine(root, "none", "steer_jump2"));
        var model = Transformer.Load(Path.Combine(root, "hf"));
        var sae = SparseAutoencoder.Load(Path.Combine(root, "saes", "jump2"));
        var max = (float)golden.Json.GetProperty("max_act").GetDouble();
        var prompt = golden.Tokens("tokens")[0];
        foreach (var strength in new[] { "-4", "-2", "0.5", "2", "4" })
        {
            var add = Hook.Add(sae.Config.Hook.ToString(), sae.Direction(golden.Json.GetProperty("feature").GetInt32()), max * float.Parse(strength));
            Golden.AssertClose(strength, golden[$"strength{strength}.logits"], model.Run(prompt, edit: [add]).Logits.Padded());
            var made = model.Generate(prompt, 20, edit: [add])[0].Tokens;
            Assert.Equal(golden.Tokens($"strength{strength}.generated")[0][prompt.Length..], made);
        }
    }
}
