using FeatureInterp.Analysis;
using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Activation patching against TransformerLens, when the goldens are there.</summary>
public class ActivationPatchingGoldenTests
{
    public static TheoryData<string, string> Groups => LensGoldens.Groups;

    [Theory, MemberData(nameof(Groups))]
    public void Grids_EqualTransformerLens(string family, string group)
    {
        var golden = LensGoldens.Of(family, group);
        foreach (var (name, site) in new[]
        {
            ("patch_resid_pre", HookSite.ResidPre), ("patch_mlp_out", HookSite.MlpOut), ("patch_attn_head_out_all_pos", HookSite.Z),
            ("patch_attn_head_pattern_all_pos", HookSite.Pattern), ("patch_attn_head_k_all_pos", HookSite.K),
        })
        {
            var result = ActivationPatching.Run(
                golden.Model, golden.Golden.Tokens("tokens/A"), golden.Golden.Tokens("tokens/A2"), Metric.LogitDifference(golden.Token, golden.Incorrect), site, new() { Processing = golden.Processing });
            Assert.Equal(golden[name].Shape.ToArray(), result.Values.Shape.ToArray());
            Golden.AssertClose(name, golden[name], result.Values);
            Assert.Equal(golden["patch_clean_metric"].Span[0], result.CleanValue, 5e-5);
            Assert.Equal(golden["patch_corrupted_metric"].Span[0], result.CorruptedValue, 5e-5);
        }
    }
}
