using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Every kind of SAE against SAELens, when the goldens are there.</summary>
public class SaeArchitectureGoldenTests
{
    private const string Refused = "legacy_flat_cfg_scaling_factor_refused";

    private static string Root => Path.Combine(Repository.Shared!, "goldens", "saes", "arch");

    // One empty row when there are no goldens: a theory without rows would fail instead of being skipped.
    public static TheoryData<string> Computed() => Cases(c => !c.Contains("_fold_", StringComparison.Ordinal) && c != Refused);

    public static TheoryData<string> Folded() => Cases(c => c.Contains("_fold_", StringComparison.Ordinal) && !c.EndsWith("_refused", StringComparison.Ordinal));

    public static TheoryData<string> FoldRefused() => Cases(c => c.Contains("_fold_", StringComparison.Ordinal) && c.EndsWith("_refused", StringComparison.Ordinal));

    [Theory, MemberData(nameof(Computed), DisableDiscoveryEnumeration = true)]
    public void EncodeDecode_EachCase_EqualsSaeLens(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Root, name));
        var sae = SparseAutoencoder.Load(golden.Folder);
        var (x, texts) = Rows(golden["x"]);
        Golden.AssertClose("acts", golden["acts"], sae.EncodeDense(x, texts));
        Golden.AssertClose("sparse", golden["acts"], sae.Encode(x, texts: texts).ToDense());
        var forward = sae.Reconstruct(x, texts);
        Golden.AssertClose("forward", golden["forward"], forward);

        int[] chosen = [47, 0, 13, 13];
        var some = sae.EncodeFeatures(x, chosen, texts);
        var dense = golden["acts"].Reshape(x.Shape[0], sae.Config.DSae);
        Golden.AssertClose("some", Columns(dense, chosen), some);

        // decode(encode(x)), which is also what an SAE attached by SAELens computes.
        var attached = sae.Forward(x, new SaePass { Texts = texts, AsSaeLensAttaches = true });
        Golden.AssertClose("decoded", golden["decoded"], attached);
        if (golden.Names.Contains("error"))
        {
            var error = x.Clone();
            for (var i = 0; i < error.Length; i++)
                error.Span[i] -= attached.Span[i];
            Golden.AssertClose("error", golden["error"], error);
        }

        if (golden.Names.Contains("forward_with_error"))
            Golden.AssertClose("forward_with_error", golden["forward_with_error"], sae.Config.Temporal is null && !sae.Config.IsTranscoder ? x : forward);
    }

    [Theory, MemberData(nameof(Computed), DisableDiscoveryEnumeration = true)]
    public void Forward_EachCase_FiresSaeLensHooks(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Root, name));
        var sae = SparseAutoencoder.Load(golden.Folder);
        var (x, texts) = Rows(golden["x"]);
        var hooks = new Recorder();
        var forward = sae.Forward(x, new SaePass { Texts = texts, Hooks = hooks, AsSaeLensAttaches = true });
        Golden.AssertClose("decoded", golden["decoded"], forward);
        Assert.Equal(sae.SitesOf(asSaeLensAttaches: true), hooks.Values.Select(v => v.Site));
        var wanted = golden.Json.GetProperty("hooks_fired_in_forward_in_order").EnumerateArray().Select(h => h.GetString()!).Where(h => h != "hook_sae_output").ToArray();
        var found = hooks.Values.Where(v => sae.Config.Temporal is null || v.Site != SaeSite.Recons);
        Assert.Equal(wanted, found.Select(v => Recorder.Name(v.Site)));
        foreach (var (site, value) in found)
            Golden.AssertClose(Recorder.Name(site), golden[Recorder.Name(site)], value);
    }

    // Which features come last among the k largest is another matter in half precision.
    public static TheoryData<string> InHalfPrecision() => Cases(c => c.EndsWith("float16", StringComparison.Ordinal) && !c.StartsWith("topk", StringComparison.Ordinal));

    [Theory, MemberData(nameof(InHalfPrecision), DisableDiscoveryEnumeration = true)]
    public void EncodeDecode_HalfPrecisionNumbers_AreNear(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Root, name));
        var (x, texts) = Rows(golden["x"]);
        var sae = SparseAutoencoder.Load(golden.Folder);
        Golden.AssertClose("native.acts", golden["native.acts"], sae.EncodeDense(x, texts), tolerance: 5e-2);
        Golden.AssertClose("native.forward", golden["native.forward"], sae.Reconstruct(x, texts), tolerance: 5e-2);
    }

    [Theory, MemberData(nameof(Folded), DisableDiscoveryEnumeration = true)]
    public void Fold_EachCase_EqualsSaeLens(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Root, name));
        var sae = SparseAutoencoder.Load(golden.Folder);
        var folded = golden.Json.GetProperty("fold").GetString() switch
        {
            "fold_W_dec_norm" => sae.FoldDecoderNorms(),
            "fold_activation_norm_scaling_factor" => sae.FoldNormScalingFactor(golden.Json.GetProperty("scaling_factor").GetDouble()),
            _ => sae.FoldWhitening(golden["whitening.mean"], golden["whitening.matrix"], golden["whitening.inverse"]),
        };
        Check(sae, "before.");
        Check(folded, "after.");
        var wanted = golden["after.W_dec"];
        for (var f = 0; f < sae.Config.DSae; f++)
            Golden.AssertClose("W_dec", wanted[f], new Tensor(folded.Direction(f), [folded.Config.DOut]));

        void Check(SparseAutoencoder of, string prefix)
        {
            var (x, texts) = Rows(golden["x"]);
            var hooks = new Recorder();
            Golden.AssertClose(prefix + "decoded", golden[prefix + "decoded"], of.Forward(x, new SaePass { Hooks = hooks, AsSaeLensAttaches = true }));
            Golden.AssertClose(prefix + "pre", golden[prefix + "hook_sae_acts_pre"], hooks.Values.Single(v => v.Site == SaeSite.ActsPre).Value);
            Golden.AssertClose(prefix + "acts", golden[prefix + "acts"], of.EncodeDense(x, texts));
            Golden.AssertClose(prefix + "sparse", golden[prefix + "acts"], of.Encode(x, texts: texts).ToDense());
            Golden.AssertClose(prefix + "forward", golden[prefix + "forward"], of.Reconstruct(x, texts));
            int[] chosen = [3, 46, 3];
            Golden.AssertClose(prefix + "some", Columns(golden[prefix + "acts"].Reshape(x.Shape[0], of.Config.DSae), chosen), of.EncodeFeatures(x, chosen));
        }
    }

    [Theory, MemberData(nameof(FoldRefused), DisableDiscoveryEnumeration = true)]
    public void Fold_WhereSaeLensRefuses_IsRefused(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var sae = SparseAutoencoder.Load(Path.Combine(Root, name));
        Assert.Contains("other features could fire", Assert.Throws<SaeException>(() => sae.FoldDecoderNorms()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ScalingFactor_IsRefused()
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var e = Assert.Throws<WeightFileException>(() => SparseAutoencoder.Load(Path.Combine(Root, Refused)));
        Assert.Contains("'scaling_factor'", e.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> FromBeforeVersion6() => Cases(c => c.StartsWith("legacy_", StringComparison.Ordinal) && c != Refused);

    [Theory, MemberData(nameof(FromBeforeVersion6), DisableDiscoveryEnumeration = true)]
    public void Load_ConfigFromBeforeVersion6_TakesSaeLensDefaults(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var golden = new Golden(Path.Combine(Root, name));
        var config = SparseAutoencoder.Load(golden.Folder).Config;
        var wanted = golden.Json.GetProperty("cfg_after_defaulting");
        var metadata = wanted.GetProperty("metadata");
        Assert.Equal(wanted.GetProperty("architecture").GetString(), config.Architecture.ToString().ToLowerInvariant());
        Assert.Equal(wanted.GetProperty("apply_b_dec_to_input").GetBoolean(), config.ApplyBDecToInput);
        Assert.Equal(wanted.GetProperty("reshape_activations").GetString(), config.FlattensHeads ? "hook_z" : "none");
        var normalization = config.Origin.UnfoldedNormalization ?? (config.Normalization == SaeNormalization.LayerNorm ? "layer_norm" : "none");
        Assert.Equal(wanted.GetProperty("normalize_activations").GetString(), normalization);
        Assert.Equal(metadata.GetProperty("hook_name").GetString(), config.Hook.ToString());
        Assert.Equal(metadata.GetProperty("model_name").GetString(), config.ModelName);
        Assert.Equal(metadata.GetProperty("context_size").GetInt32(), config.Origin.ContextSize);
        Assert.Equal(metadata.GetProperty("dataset_path").GetString(), config.Origin.Dataset);
        Assert.Equal(metadata.GetProperty("prepend_bos").GetBoolean(), config.PrependBos);
        Assert.Equal(metadata.GetProperty("neuronpedia_id").GetString(), config.Origin.NeuronpediaId);
        Assert.Equal(wanted.TryGetProperty("k", out var k) ? k.GetInt32() : null, config.TopK?.K);
    }

    private static TheoryData<string> Cases(Func<string, bool> which) => Repository.Shared is null ? [""] :
        [.. Directory.GetDirectories(Root).Select(d => Path.GetFileName(d)).Where(which).Order(StringComparer.Ordinal)];

    // [text, pos, …] as [row, …] and the length of each text.
    private static (Tensor X, int[] Texts) Rows(Tensor x) =>
        (x.Reshape([x.Shape[0] * x.Shape[1], .. x.Shape[2..]]), [.. Enumerable.Repeat(x.Shape[1], x.Shape[0])]);

    private static Tensor Columns(Tensor dense, int[] columns)
    {
        var some = Tensor.Zeros(dense.Shape[0], columns.Length);
        for (var t = 0; t < dense.Shape[0]; t++)
        {
            for (var i = 0; i < columns.Length; i++)
                some[t, i] = dense[t, columns[i]];
        }

        return some;
    }

    private sealed class Recorder : ISaeHooks
    {
        public List<(SaeSite Site, Tensor Value)> Values { get; } = [];

        public static string Name(SaeSite site) => new HookPoint(HookSite.ResidPre, 0, site).ToString()["blocks.0.hook_resid_pre.".Length..];

        public bool Wants(SaeSite site) => true;

        public void At(SaeSite site, Tensor value) => Values.Add((site, value.Clone()));
    }
}
