using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>SAEs, alone and several at once, in the place of hooks: logits, every hook and their order against SAELens.</summary>
public class AttachGoldenTests
{
    public static TheoryData<string> Cases() => OnModelGoldens.Cases("attach_");

    [Theory, MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Run_Attached_EqualsSaeLens(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var golden = OnModelGoldens.Open(name);
        var model = OnModelGoldens.ModelOf(name);
        var saes = golden.Json.GetProperty("saes").EnumerateArray().Select(e => OnModelGoldens.Sae(name, e.GetString()!)).ToArray();
        var excluded = golden.Json.GetProperty("exclude_special_tokens");
        TokenSet? exclude = excluded.ValueKind == System.Text.Json.JsonValueKind.Array ? [.. excluded.EnumerateArray().Select(e => e.GetInt32())] : null;
        var compared = 0;
        foreach (var batch in new[] { "A", "B" })
        {
            Golden.AssertClose($"{batch}.clean", golden[$"{batch}.logits_clean"], model.Run(golden.Tokens(batch + ".tokens")).Logits.Padded());
            foreach (var kind in new[] { "plain", "error" })
            {
                var run = model.Run(
                    golden.Tokens(batch + ".tokens"), capture: HookSelection.All, splice: [.. saes.Select(s => s.Splice(kind == "error", exclude, asSaeLens: true))]);
                Golden.AssertClose($"{batch}.{kind}", golden[$"{batch}.{kind}.logits"], run.Logits.Padded());
                compared += golden.AssertActivations($"{batch}.{kind}.cache.", run);
                if (batch == "A" && golden.Json.TryGetProperty("cache_names_in_order", out var names))
                    Assert.Equal(names.GetProperty(kind).EnumerateArray().Select(e => e.GetString()!), run.Activations.Points.Select(p => p.ToString()));
            }
        }

        Assert.True(compared > 10, $"only {compared} hooks were compared");
    }

    /// <summary>With the error term the model goes on as if nothing were attached, whatever the kind of SAE.</summary>
    [Theory, MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Run_AttachedWithErrorTerm_LeavesTheLogits(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var golden = OnModelGoldens.Open(name);
        var saes = golden.Json.GetProperty("saes").EnumerateArray().Select(e => OnModelGoldens.Sae(name, e.GetString()!));
        var run = OnModelGoldens.ModelOf(name).Run(golden.Tokens("B.tokens"), splice: [.. saes.Select(s => s.Splice(errorTerm: true))]);
        Golden.AssertClose("logits", golden["B.logits_clean"], run.Logits.Padded());
    }
}
