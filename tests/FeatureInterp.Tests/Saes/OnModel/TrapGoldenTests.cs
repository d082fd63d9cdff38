using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests;

/// <summary>Where attaching an SAE goes wrong in SAELens without a word: what is right by default, and SAELens's number on request.</summary>
public class TrapGoldenTests
{
    private const string Case = "gpt2/none/traps";

    /// <summary>An attached skip transcoder loses its skip path, a temporal SAE its prediction; here they keep it.</summary>
    [Theory, InlineData("skip1"), InlineData("temp1"), InlineData("mp1")]
    public void Run_Attached_GivesWhatTheSaeComputesAlone(string name)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var (golden, model, sae) = (OnModelGoldens.Open(Case), OnModelGoldens.ModelOf(Case), OnModelGoldens.Sae(Case, name));
        var output = HookPoint.Parse(sae.FeaturesHook) with { Sae = SaeSite.Output };
        var kept = model.Run(golden.Tokens("tokens"), capture: output.ToString(), splice: [sae.Splice()]);
        Golden.AssertClose("as it should be", golden[name + ".forward"], kept.Activations[output].Padded());
        var lost = model.Run(golden.Tokens("tokens"), capture: "*.hook_sae_*", splice: [sae.Splice(asSaeLens: true)]);
        Golden.AssertClose("as SAELens", golden[name + ".attached_output"], lost.Activations[output].Padded());
        Golden.AssertClose("logits as SAELens", golden[name + ".logits"], lost.Logits.Padded());
        var hooks = golden.Json.GetProperty(name).GetProperty("sae_hooks_in_cache").EnumerateArray().Select(e => e.GetString()!);
        Assert.Equal(hooks, lost.Activations.Points.Select(p => p.ToString()));
    }

    /// <summary>In SAELens the features of matching pursuit are no hook, so editing them does nothing.</summary>
    [Fact]
    public void Run_MatchingPursuitFeatureZeroed_ChangesTheOutput()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var (golden, model, sae) = (OnModelGoldens.Open(Case), OnModelGoldens.ModelOf(Case), OnModelGoldens.Sae(Case, "mp1"));
        var tokens = golden.Tokens("tokens")[0];
        var hook = sae.Config.Hook.ToString();
        var fired = model.Run(tokens, capture: sae.FeaturesHook, splice: [sae.Splice()]).Features(sae)[0][0];
        var zeroed = model.Run(tokens, capture: hook + ".hook_sae_output", edit: [Hook.Zero(sae.FeaturesHook, index: fired.Feature)], splice: [sae.Splice()]);
        var plain = model.Run(tokens, capture: hook + ".hook_sae_output", splice: [sae.Splice()]).Activations[hook + ".hook_sae_output"][0];
        var direction = sae.Direction(fired.Feature);
        for (var d = 0; d < direction.Length; d++)
            Assert.Equal(plain[fired.Token, d] - fired.Value * direction[d], zeroed.Activations[hook + ".hook_sae_output"][0][fired.Token, d], 1e-4f);
    }

    /// <summary>SAELens reads the MLP's output there unless the hook happens to be switched on.</summary>
    [Fact]
    public void Run_TranscoderOfHookMlpIn_ReadsTheResidualStream()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var model = OnModelGoldens.ModelOf(Case);
        using var copy = new Tokenizers.TemporaryFolder();
        var from = Path.Combine(OnModelGoldens.Root, "gpt2", "saes", "tc1");
        File.Copy(Path.Combine(from, "sae_weights.safetensors"), Path.Combine(copy.Path, "sae_weights.safetensors"));
        File.WriteAllText(Path.Combine(copy.Path, "cfg.json"), File.ReadAllText(Path.Combine(from, "cfg.json")).Replace("ln2.hook_normalized", "hook_mlp_in", StringComparison.Ordinal));
        var sae = SparseAutoencoder.Load(copy.Path);
        string[] looked = ["blocks.1.hook_resid_mid", "blocks.1.hook_mlp_out.hook_sae_input"];
        var run = model.Run(OnModelGoldens.Open(Case).Tokens("tokens"), capture: looked, splice: [sae.Splice()]);
        TwinAssert.Same("its input", run.Activations[looked[0]][0], run.Activations[looked[1]][0]);
    }

    /// <summary>SAELens only writes a line into its log, and runs without the SAE.</summary>
    [Fact]
    public void Run_HookThatIsNotThere_IsRefused()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        using var tinySae = new TinySae(new TinySaeShape { DIn = 32, Hook = "blocks.3.hook_resid_pre" });
        var e = Assert.Throws<SaeException>(() => OnModelGoldens.ModelOf(Case).Run(new[] { 0, 1 }, splice: [tinySae.Load().Splice()]));
        Assert.Contains("blocks.2.hook_resid_pre", e.Message, StringComparison.Ordinal);
    }
}
