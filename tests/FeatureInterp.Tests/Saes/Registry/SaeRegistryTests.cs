using FeatureInterp.Models;
using FeatureInterp.Saes;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>SAEs by release and name: the project's table, a user's, and where the files are looked for.</summary>
public sealed class SaeRegistryTests : IDisposable
{
    // The form SAELens's own file has, with a slip of its indentation, fields of the future, and null where nothing is said.
    private const string User = """
        SAE_LOOKUP:
          my-release:
            repo_id: someone/own-saes
            model: gemma-2-2b
            conversion_func: gemma_2
            links: {model: "https://example.org"}
            config_overrides: {model_name: my-model, activation_fn_kwargs: {k: 6}}
            saes:
              - id: layer_3/seven
                path: layer_3/width_16k/average_l0_7
                l0: 7
                variance_explained: 0.81
                neuronpedia: gemma-2-2b/3-own
                norm_scaling_factor: 0.5
                future_field: [1, 2]
              - id: four
                path: 4
                nested-release: {repo_id: x, saes: []}
          plain-release:
            repo_id: someone/plain
            conversion_func:
            saes: [{id: only, path: a/b}]
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly TinyRelease _files = new();

    public void Dispose()
    {
        _folder.Dispose();
        _files.Dispose();
    }

    [Fact]
    public void Load_OwnTable_EveryEntryIsWhole()
    {
        var registry = SaeRegistry.Load();
        var saes = registry.Releases.SelectMany(r => r.Saes).ToArray();
        Assert.True(saes.Length > 2000, $"{saes.Length} SAEs");
        Assert.All(saes, s =>
        {
            Assert.Contains(SaeLayouts.All, l => l.Name == s.Release.Layout);
            Assert.DoesNotContain('{', s.Path);
            Assert.DoesNotContain('{', s.Hook ?? "");
            Assert.DoesNotContain('{', s.NeuronpediaId ?? "");
            Assert.True(s.Hook is null || HookPoint.TryParse(s.Hook, out _), s.Hook);
            Assert.True(s.Id.Contains('*', StringComparison.Ordinal) || registry.Find(s.Release.Name, s.Id).Path == s.Path, s.ToString());
            Assert.NotEmpty(ReleaseFiles.Of(s.Release.Layout, s.Path).Needed);
        });
        Assert.All(registry.Releases.Where(r => r.Repository is not null), r => Assert.True(HubName.TryParse(r.Repository!, out _), r.Repository));
    }

    [Theory]
    [InlineData("gemma-scope-2b-pt-res-canonical", "layer_20/width_16k/canonical", "layer_20/width_16k/average_l0_71", "blocks.20.hook_resid_post", 16384, 71.0)]
    [InlineData("gemma-scope-2b-pt-att", "layer_7/width_16k/average_l0_104", "layer_7/width_16k/average_l0_104", "blocks.7.attn.hook_z", 16384, 104.0)]
    [InlineData("gpt2-small-res-jb", "blocks.7.hook_resid_pre", "blocks.7.hook_resid_pre", "blocks.7.hook_resid_pre", 24576, 54.0)]
    [InlineData("gemma-scope-2-1b-pt-res", "layer_13_width_65k_l0_medium", "resid_post/layer_13_width_65k_l0_medium", "blocks.13.hook_resid_post", null, null)]
    [InlineData("llama_scope_lxr_8x", "l25r_8x", "Llama3_1-8B-Base-L25R-8x", "blocks.25.hook_resid_post", 32768, null)]
    [InlineData("talegrid-6m-res", "blocks.3.hook_resid_post", "talegrid-6m-res-l3", "blocks.3.hook_resid_post", 2048, 24.0)]
    public void Find_KnownSae_SaysWhereItIs(string release, string id, string path, string hook, int? width, double? l0)
    {
        var sae = SaeRegistry.Load().Find(release, id);
        Assert.Equal((path, hook, width, l0), (sae.Path, sae.Hook, sae.Width, sae.L0));
        Assert.Equal(path, SaeRegistry.Load().TryParse($"{release}/{id}")!.Path);
    }

    [Theory]
    [InlineData("gemma-scope-2b-pt-canonical-res", "x", "gemma-scope-2b-pt-res-canonical")]
    [InlineData("gemma-scope-2b-pt-res-canonical", "layer_20/width_16k/cannonical", "layer_20/width_16k/canonical")]
    [InlineData("gpt2-small-res-jb", "blocks.12.hook_resid_pre", "blocks.1.hook_resid_pre")]
    public void Find_UnknownName_ListsTheNearest(string release, string id, string nearest)
    {
        Assert.Contains(nearest, Assert.Throws<SaeException>(() => SaeRegistry.Load().Find(release, id)).Message, StringComparison.Ordinal);
        Assert.Contains(nearest, Assert.ThrowsAny<Exception>(() => SparseAutoencoder.Load($"{release}/{id}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_UserFile_OfSaeLensForm()
    {
        var registry = SaeRegistry.Load(_folder.Write("saes.yaml", User));
        var sae = registry.Find("my-release", "layer_3/seven");
        Assert.Equal(("layer_3/width_16k/average_l0_7", 7.0, 0.81, 0.5, "gemma-2-2b/3-own"), (sae.Path, sae.L0!.Value, sae.VarianceExplained!.Value, sae.NormScalingFactor!.Value, sae.NeuronpediaId));
        Assert.Equal(("gemma_2", "someone/own-saes", "my-model", "6"), (sae.Release.Layout, sae.Release.Repository, sae.Release.Overrides["model_name"], sae.Release.Overrides["activation_fn_kwargs.k"]));
        Assert.Equal("4", registry.Find("my-release", "four").Path);
        Assert.Equal(("sae_lens", null), (registry.Find("plain-release", "only").Release.Layout, registry.Find("plain-release", "only").L0));
        Assert.Equal("a/b", registry.TryParse("plain-release")!.Path);
        Assert.Contains("several", Assert.Throws<SaeException>(() => registry.TryParse("my-release")).Message, StringComparison.Ordinal);
        Assert.NotNull(registry.TryFind("gpt2-small-res-jb"));
    }

    [Fact]
    public void Load_FilesOfVariableAndHome_LaterOnesCount()
    {
        Directory.CreateDirectory(_folder.PathOf("featureinterp"));
        _folder.Write("featureinterp/saes.yaml", "r: {repo_id: a/home, saes: [{id: x}]}\nh: {repo_id: a/home, saes: []}");
        _folder.Write("named.yaml", "r: {repo_id: a/named, saes: [{id: x}]}");
        var registry = SaeRegistry.Load(name => name switch { "XDG_CONFIG_HOME" => _folder.Path, SaeRegistry.Variable => _folder.PathOf("named.yaml"), _ => null }, []);
        Assert.Equal(("a/named", "a/home"), (registry.Find("r", "x").Release.Repository, registry.TryFind("h")!.Repository));
    }

    [Theory]
    [InlineData("r: 3", "'r' holds no release")]
    [InlineData("r: {repo_id: a/b}", "no list 'saes'")]
    [InlineData("r: {saes: [3]}", "entry 1")]
    [InlineData("r: {saes: [{path: x}]}", "no 'id'")]
    [InlineData("r: {saes: [{id: x, l0: many}]}", "'l0' of 'r/x'")]
    [InlineData("r: {saes: [{id: \"{layer:3-1}\"}]}", "no pattern")]
    [InlineData("r: [", "not YAML")]
    public void Load_UserFileThatMakesNoSense_SaysWhere(string text, string says)
    {
        var path = _folder.Write("bad.yaml", text);
        var e = Assert.Throws<ModelFileException>(() => SaeRegistry.Load(path));
        Assert.Equal(path, e.Path);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("someone/own-saes"), InlineData("own-saes"), InlineData("my-release"), InlineData("")]
    public void LoadSae_BelowARoot_HasWhatTheRegistrySays(string below)
    {
        var registry = _folder.Write("saes.yaml", User);
        _files.Npz(Path.Combine(below, "layer_3/width_16k/average_l0_7/params.npz"), _files.Gemma());
        // Its repository is none of Gemma Scope's, so the hook is named.
        var options = new SaeLoadOptions { Registries = [registry], Roots = [_files.Root], Repository = "google/gemma-scope-2b-pt-res", Overrides = new Dictionary<string, string> { ["activation_fn_kwargs.k"] = "6" } };
        Assert.Contains("keeps no fixed number", Assert.Throws<SaeException>(() => SparseAutoencoder.Load("my-release", "layer_3/seven", options)).Message, StringComparison.Ordinal);

        File.WriteAllText(registry, User.Replace(", activation_fn_kwargs: {k: 6}", "", StringComparison.Ordinal));
        var sae = SparseAutoencoder.Load("my-release", "layer_3/seven", options with { Overrides = new Dictionary<string, string>() });
        Assert.Equal(("my-release/layer_3/seven", "my-model", 7.0, 0.81, "gemma-2-2b/3-own"), (sae.Name, sae.Config.ModelName, sae.Config.Origin.L0!.Value, sae.Config.Origin.VarianceExplained!.Value, sae.Config.Origin.NeuronpediaId));
        Assert.Equal("blocks.3.hook_resid_post", sae.Config.Hook.ToString());
    }

    [Fact]
    public void LoadSae_NowhereOnThisMachine_SaysWhereItWasLookedFor()
    {
        var e = Assert.Throws<SaeException>(() => SparseAutoencoder.Load("gemma-scope-2b-pt-res-canonical", "layer_19/width_16k/canonical", new SaeLoadOptions { Roots = [_files.Root] }));
        Assert.Contains(_files.Root, e.Message, StringComparison.Ordinal);
        Assert.Contains("--download", e.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("../../etc"), InlineData("a//b"), InlineData("a/./b")]
    public void LoadSae_PathOutOfTheRepository_IsRefused(string path)
    {
        var registry = _folder.Write("saes.yaml", $"r: {{repo_id: a/b, saes: [{{id: x, path: {path}}}]}}");
        Assert.Contains("no path below a repository", Assert.Throws<SaeException>(() => SparseAutoencoder.Load("r", "x", new SaeLoadOptions { Registries = [registry], Roots = [_files.Root] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadSae_Embedded_HasItsPublishedFigures()
    {
        foreach (var sae in new[] { SparseAutoencoder.Load("talegrid-6m-res-l3"), SparseAutoencoder.Load("talegrid-6m-res/blocks.3.hook_resid_post"), SparseAutoencoder.Load("talegrid-6m-res") })
            Assert.Equal((24, 0.94), (sae.Config.Origin.L0, sae.Config.Origin.VarianceExplained));
    }
}
