using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>SAEs against SAELens, alone and in a model, when the goldens are there.</summary>
public class SaeGoldenTests
{
    // One empty row when there are no goldens: a theory without rows would fail instead of being skipped.
    public static TheoryData<string> Architectures() => Repository.Shared is null ? [""] :
        [.. Cases("arch").Where(c => (c.StartsWith("standard_", StringComparison.Ordinal) || c.StartsWith("jumprelu_", StringComparison.Ordinal))
            && !c.Contains("transcoder", StringComparison.Ordinal) && !c.Contains("_fold_", StringComparison.Ordinal))];

    public static TheoryData<string> Attached() => ["attach_resid1", "attach_z1", "attach_mlp0", "attach_two_mlp0_resid1"];

    [Theory, MemberData(nameof(Architectures), DisableDiscoveryEnumeration = true)]
    public void Encode_EachCase_EqualsSaeLens(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "saes", "arch", name);
        var golden = new Golden(folder);
        var sae = SparseAutoencoder.Load(folder);
        var x = golden["x"];
        var rows = x.Reshape([x.Shape[0] * x.Shape[1], .. x.Shape[2..]]);

        var dense = sae.EncodeDense(rows);
        Golden.AssertClose("acts", golden["acts"], dense);
        Golden.AssertClose("sparse", golden["acts"], sae.Encode(rows).ToDense());
        Golden.AssertClose("forward", golden["forward"], sae.Reconstruct(rows));
        Golden.AssertClose("hook_sae_recons", golden["hook_sae_recons"], sae.Decode(dense));
        Golden.AssertClose("hook_sae_recons, sparse", golden["hook_sae_recons"], sae.Decode(sae.Encode(rows)));
        int[] chosen = [47, 0, 13, 13];
        var some = sae.EncodeFeatures(rows, chosen);
        for (var t = 0; t < some.Shape[0]; t++)
        {
            for (var i = 0; i < chosen.Length; i++)
                Assert.Equal(dense[t, chosen[i]], some[t, i], 1e-4f);
        }
    }

    public static TheoryData<string> Unfolded() => Repository.Shared is null ? [""] :
        [.. Cases("arch").Where(c => (c.StartsWith("standard_fold", StringComparison.Ordinal) || c.StartsWith("jumprelu_fold", StringComparison.Ordinal)))];

    /// <summary>Files whose normalisation factor was not folded in: SAELens computes them as if there were none.</summary>
    [Theory, MemberData(nameof(Unfolded), DisableDiscoveryEnumeration = true)]
    public void Encode_FactorNotFolded_EqualsSaeLensBeforeFolding(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "saes", "arch", name);
        var golden = new Golden(folder);
        var x = golden["x"];
        var rows = x.Reshape([x.Shape[0] * x.Shape[1], .. x.Shape[2..]]);
        var sae = SparseAutoencoder.Load(folder);
        Golden.AssertClose("acts", golden["before.acts"], sae.EncodeDense(rows));
        Golden.AssertClose("forward", golden["before.forward"], sae.Reconstruct(rows));
    }

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

    private static IEnumerable<string> Cases(string kind) =>
        Directory.GetDirectories(Path.Combine(Repository.Shared!, "goldens", "saes", kind)).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal);
}
