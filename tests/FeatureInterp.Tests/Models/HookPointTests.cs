using FeatureInterp.Models;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

/// <summary>The names of hooks, read and written.</summary>
public class HookPointTests
{
    private static readonly Config Quick = Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(11, 13);

    private static readonly Arbitrary<HookPoint> Points = (
        from site in Gen.Elements(Enum.GetValues<HookSite>())
        from layer in Gen.OneOf(Gen.Choose(0, 30), Gen.Elements(100, 99_999, int.MaxValue))
        from sae in Gen.Elements(Enum.GetValues<SaeSite>())
        select new HookPoint(site, site.IsPerLayer() ? layer : 0, sae)).ToArbitrary();

    [Fact]
    public void Parse_Printed_GivesThePointBack() =>
        Prop.ForAll(Points, point => HookPoint.Parse(point.ToString()) == point).Check(Quick);

    [Fact]
    public void ToString_DifferentPoints_AreDifferentNames() =>
        Prop.ForAll(Points, Points, (a, b) => a == b == (a.ToString() == b.ToString())).Check(Quick);

    [Fact]
    public void TryParse_AnyText_EitherFailsOrPrintsBack() =>
        Prop.ForAll<string?>(text => text is null || !HookPoint.TryParse(text, out var point) || point.ToString() == text).Check(Quick);

    // A name with one character dropped, doubled or replaced is another name or none; it never reads as the original.
    [Fact]
    public void TryParse_OneCharacterOff_IsNotTheSamePoint() => Prop.ForAll(Points, Gen.Choose(0, 1000).ToArbitrary(), (point, seed) =>
    {
        var name = point.ToString();
        int at = seed % name.Length;
        string[] spoilt = [name.Remove(at, 1), name.Insert(at, "_"), name[..at] + "\u00e9" + name[(at + 1)..]];
        return spoilt.All(s => !HookPoint.TryParse(s, out var read) || read != point);
    }).Check(Quick);

    [Fact]
    public void Parse_EverySiteOfTransformerLens_IsKnown()
    {
        string[] names =
        [
            "hook_embed", "hook_pos_embed", "blocks.0.hook_resid_pre", "blocks.0.hook_attn_in", "blocks.0.hook_q_input", "blocks.0.hook_k_input", "blocks.0.hook_v_input",
            "blocks.0.ln1.hook_scale", "blocks.0.ln1.hook_normalized", "blocks.0.attn.hook_q", "blocks.0.attn.hook_k",
            "blocks.0.attn.hook_v", "blocks.0.attn.q_norm.hook_scale", "blocks.0.attn.q_norm.hook_normalized", "blocks.0.attn.k_norm.hook_scale",
            "blocks.0.attn.k_norm.hook_normalized", "blocks.0.attn.hook_rot_q", "blocks.0.attn.hook_rot_k", "blocks.0.attn.hook_attn_scores", "blocks.0.attn.hook_pattern",
            "blocks.0.attn.hook_z", "blocks.0.attn.hook_result", "blocks.0.ln1_post.hook_scale", "blocks.0.ln1_post.hook_normalized", "blocks.0.hook_attn_out",
            "blocks.0.hook_resid_mid", "blocks.0.hook_mlp_in", "blocks.0.ln2.hook_scale", "blocks.0.ln2.hook_normalized", "blocks.0.mlp.hook_in",
            "blocks.0.mlp.hook_pre", "blocks.0.mlp.hook_pre_linear", "blocks.0.mlp.hook_post", "blocks.0.ln2_post.hook_scale", "blocks.0.ln2_post.hook_normalized",
            "blocks.0.hook_mlp_out", "blocks.0.hook_resid_post", "ln_final.hook_scale", "ln_final.hook_normalized", "unembed.hook_in", "unembed.hook_out",
        ];
        Assert.Equal(Enum.GetValues<HookSite>(), names.Select(n => HookPoint.Parse(n).Site));
    }

    [Theory]
    [InlineData("blocks.3.hook_resid_post.hook_sae_acts_post", HookSite.ResidPost, 3, SaeSite.ActsPost)]
    [InlineData("blocks.12.attn.hook_z.hook_sae_error", HookSite.Z, 12, SaeSite.Error)]
    [InlineData("hook_embed.hook_sae_input", HookSite.Embed, 0, SaeSite.Input)]
    public void Parse_NameInsideAnSae_GivesSiteLayerAndSaeSite(string name, HookSite site, int layer, SaeSite sae) =>
        Assert.Equal(new HookPoint(site, layer, sae), HookPoint.Parse(name));

    [Theory]
    [InlineData("blocks.3.hook_resid_pos", "blocks.3.hook_resid_post")]
    [InlineData("blocks.03.hook_resid_post", "blocks.3.hook_resid_post")]
    [InlineData("blocks.007.attn.hook_z", "blocks.7.attn.hook_z")]
    [InlineData("block.3.hook_resid_post", "blocks.3.hook_resid_post")]
    [InlineData("blocks.3.Hook_Resid_Post", "blocks.3.hook_resid_post")]
    [InlineData("blocks.3.attn.hook_patern", "blocks.3.attn.hook_pattern")]
    [InlineData("blocks.5.hook_resid_post.hook_sae_acts_pos", "blocks.5.hook_resid_post.hook_sae_acts_post")]
    [InlineData("hook_embd", "hook_embed")]
    [InlineData("unembed.hook_out ", "unembed.hook_out")]
    public void Parse_NameThatIsNone_NamesTheNearest(string name, string nearest)
    {
        Assert.False(HookPoint.TryParse(name, out _));
        var e = Assert.Throws<HookException>(() => HookPoint.Parse(name));
        Assert.Contains($"'{name}'", e.Message, StringComparison.Ordinal);
        Assert.Contains($"'{nearest}'", e.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(""), InlineData("blocks."), InlineData("blocks.1"), InlineData("blocks.1."), InlineData("blocks.#.hook_resid_post"), InlineData("blocks.-1.hook_resid_post"),
     InlineData("blocks.99999999999.hook_resid_post"), InlineData("blocks. 1.hook_resid_post"), InlineData("blocks.+1.hook_resid_post"), InlineData(".hook_sae_input"),
     InlineData("hook_embed.hook_sae_input.hook_sae_input"), InlineData("blocks.1.hook_embed"), InlineData("hook_resid_post"), InlineData("blocks.1.ln_final.hook_scale")]
    public void TryParse_NameThatIsNone_Fails(string name) => Assert.False(HookPoint.TryParse(name, out _));
}
