using System.Globalization;
using FeatureInterp.Kernel.Commands;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary><c>featureinterp sae encode</c> on every layout and every kind of SAE, against SAELens's encode and decode, when the goldens are there.</summary>
public sealed class SaeEncodeGoldenTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Layouts() => LayoutGolden.CasesThatSaeLensReads();

    public static TheoryData<string> Kinds() => Repository.Shared is null ? [""] :
        [.. Directory.GetDirectories(Path.Combine(Repository.Shared, "goldens", "saes", "arch")).Select(d => Path.GetFileName(d)).Where(n => !n.EndsWith("fold_w_dec_norm_refused", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Layouts), DisableDiscoveryEnumeration = true)]
    public async Task Encode_EachLayoutRecognised_EqualsSaeLens(string name)
    {
        var golden = Golden(name);
        await CompareAsync(golden, ["--sae", golden.Place]);
    }

    [Theory, MemberData(nameof(Layouts), DisableDiscoveryEnumeration = true)]
    public async Task Encode_EachLayoutNamed_EqualsSaeLens(string name)
    {
        var golden = Golden(name);
        await CompareAsync(golden, ["--sae", golden.Place, "--layout", golden.Loader, "--repository", golden.Json.GetProperty("repo_id").GetString()!]);
    }

    /// <summary>A repository that holds one SAE stands for it.</summary>
    [Theory, MemberData(nameof(Layouts), DisableDiscoveryEnumeration = true)]
    public async Task Encode_RepositoryOfOneSae_FindsIt(string name)
    {
        var golden = Golden(name);
        await CompareAsync(golden, ["--sae", Path.Combine(golden.Folder, "files")]);
    }

    [Theory, MemberData(nameof(Kinds), DisableDiscoveryEnumeration = true)]
    public async Task Encode_EachKind_EqualsSaeLens(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        var source = Path.Combine(Repository.Shared!, "goldens", "saes", "arch", name);
        if (name == "legacy_flat_cfg_scaling_factor_refused")
        {
            Assert.Equal(1, await CommandLine.RunAsync(["sae", "encode", "--sae", source, "--input", WriteX(Tensor.Zeros(1, 20)), "--out", folder.PathOf("y.safetensors")]));
            return;
        }

        var golden = new Golden(source);
        var before = golden.Names.Contains("before.acts") ? "before." : "";
        await CompareAsync(golden, before, ["--sae", source], 5e-5);
        if (!golden.Json.TryGetProperty("scaling_factor", out var factor))
            return;
        await CompareAsync(golden, "after.", ["--sae", source, "--norm-scaling-factor", factor.GetDouble().ToString("R", CultureInfo.InvariantCulture)], 5e-5);
    }

    private async Task CompareAsync(LayoutGolden golden, string[] arguments)
    {
        if (golden.NormScalingFactor is { } factor)
            arguments = [.. arguments, "--norm-scaling-factor", factor.ToString("R", CultureInfo.InvariantCulture)];
        // What SAELens's directory overrides and the files cannot tell; the widths of its overrides are those of the arrays.
        foreach (var (field, value) in golden.Options.Overrides.Where(o => o.Key is "activation_fn_kwargs.k" or "normalize_activations"))
            arguments = [.. arguments, "--override", $"{field}={value}"];
        await CompareAsync(new Golden(golden.Folder), "", arguments, golden.Json.TryGetProperty("computed_dtypes", out _) ? 2e-2 : 5e-5);
    }

    private async Task CompareAsync(Golden golden, string prefix, string[] arguments, double tolerance)
    {
        var output = folder.PathOf("y.safetensors");
        Assert.Equal(0, await CommandLine.RunAsync(["sae", "encode", .. arguments, "--input", WriteX(golden["x"]), "--out", output]));
        var written = SafetensorsFile.Open(output);
        foreach (var array in new[] { "acts", "decoded" })
        {
            var wanted = golden[prefix + array];
            Assert.Equal(wanted.Shape.ToArray(), written[array].ToTensor().Shape.ToArray());
            Tests.Golden.AssertClose(array, wanted, written[array].ToTensor(), tolerance);
        }
    }

    private string WriteX(Tensor x)
    {
        var writer = new SafetensorsWriter();
        writer.Add("x", x);
        writer.Save(folder.PathOf("x.safetensors"));
        return folder.PathOf("x.safetensors");
    }

    private static LayoutGolden Golden(string name)
    {
        Assert.SkipWhen(name.Length == 0, "the peers' goldens are not here");
        return new LayoutGolden(name);
    }
}
