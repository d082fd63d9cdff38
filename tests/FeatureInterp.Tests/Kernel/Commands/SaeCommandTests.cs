using System.Text.Json;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary><c>featureinterp sae</c>, as a user runs it.</summary>
public sealed class SaeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TinyRelease _files = new();

    public void Dispose()
    {
        _folder.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task List_Releases_AndTheirSaes()
    {
        var (code, output, error) = await Cli.RunAsync("sae", "list");
        Assert.True(code == 0, error);
        Assert.Contains("gemma-scope-2b-pt-res-canonical", output);
        Assert.Contains("comes with the project", output);

        (code, output, error) = await Cli.RunAsync("sae", "list", "--model", "gpt2-small", "--filter", "res-jb/blocks.7", "--json");
        Assert.True(code == 0, error);
        var sae = Assert.Single(JsonDocument.Parse(output).RootElement.EnumerateArray());
        Assert.Equal(("gpt2-small-res-jb", "blocks.7.hook_resid_pre", 54.0, 24576, "gpt2-small/7-res-jb"), (sae.GetProperty("release").GetString(), sae.GetProperty("id").GetString(), sae.GetProperty("l0").GetDouble(), sae.GetProperty("d_sae").GetInt32(), sae.GetProperty("neuronpedia").GetString()));

        (code, output, error) = await Cli.RunAsync("sae", "list", "--registry", _folder.Write("own.yaml", "mine: {repo_id: a/b, model: m, saes: [{id: one, l0: 3}]}"), "--filter", "MINE/");
        Assert.True(code == 0, error);
        Assert.Contains("mine/one", output);
    }

    [Fact]
    public async Task Info_SaysEverything()
    {
        _files.Npz("gemma-scope-2b-pt-att/layer_7/width_16k/average_l0_104/params.npz", _files.Gemma());
        var place = _files.PathOf("gemma-scope-2b-pt-att/layer_7/width_16k/average_l0_104");
        var (code, output, error) = await Cli.RunAsync("sae", "info", "talegrid-6m-res-l3", place);
        Assert.True(code == 0, error);
        foreach (var said in new[] { "SAELens (cfg.json, sae_weights.safetensors)", "blocks.3.hook_resid_post", "0.94", "Gemma Scope (params.npz)", "blocks.7.attn.hook_z", "gemma-2-2b", "laid side by side", "sha256:" })
            Assert.Contains(said, output);

        (code, output, error) = await Cli.RunAsync("sae", "info", place, "--override", "future=1", "--json");
        Assert.True(code == 0, error);
        var info = Assert.Single(JsonDocument.Parse(output).RootElement.EnumerateArray());
        Assert.Equal(("jumprelu", 6, 10, "1"), (info.GetProperty("architecture").GetString(), info.GetProperty("d_in").GetInt32(), info.GetProperty("d_sae").GetInt32(), info.GetProperty("other_fields").GetProperty("future").GetString()));
    }

    [Fact]
    public async Task Encode_AnyLeadingShape_WritesFeaturesAndWhatTheyDecodeTo()
    {
        _files.Npz("a/params.npz", _files.Gemma());
        var (acts, decoded) = new TinyReleaseTwin(_files) { Threshold = [.. _files.Threshold.Select(t => (double)t)] }.Run();
        foreach (var (shape, leading) in new[] { (new[] { 4, 6 }, new[] { 4 }), ([2, 2, 6], [2, 2]), ([4, 2, 3], [4]), ([1, 4, 1, 6], [1, 4, 1]) })
        {
            var (code, output, error) = await Cli.RunAsync("sae", "encode", "--sae", _files.PathOf("a"), "--input", WriteX(new Tensor(_files.X, shape)), "--out", _folder.PathOf("y.safetensors"));
            Assert.True(code == 0, error);
            Assert.Empty(output);
            Assert.Contains("4 tokens, 10 features", error);
            var written = SafetensorsFile.Open(_folder.PathOf("y.safetensors"));
            Assert.Equal([.. leading, 10], written["acts"].ToTensor().Shape.ToArray());
            Assert.Equal(shape, written["decoded"].ToTensor().Shape.ToArray());
            TwinAssert.Close("acts", acts, written["acts"].ToTensor());
            TwinAssert.Close("decoded", decoded, written["decoded"].ToTensor());
        }
    }

    [Theory]
    [InlineData("nowhere", "x", 6, "nowhere")]
    [InlineData("a", "x", 5, "encodes inputs of 6 values")]
    [InlineData("a", "y", 6, "there is no tensor 'x'")]
    [InlineData("gemma-scope-2b-pt-res-canonical/layer_26/width_16k/canonical", "x", 6, "the nearest are layer_2")]
    public async Task Encode_BadInput_OneSentenceAndNoFile(string sae, string tensor, int width, string says)
    {
        _files.Npz("a/params.npz", _files.Gemma());
        var (code, _, error) = await Cli.RunAsync("sae", "encode", "--sae", sae == "a" ? _files.PathOf("a") : sae, "--input", WriteX(Tensor.Zeros(2, width), tensor), "--out", _folder.PathOf("y.safetensors"));
        Assert.Equal(1, code);
        Assert.Contains(says, error);
        Assert.Single(error.Trim().Split('\n'));
        Assert.False(File.Exists(_folder.PathOf("y.safetensors")));
    }

    [Theory]
    [InlineData("--norm-scaling-factor", "much")]
    [InlineData("--override", "k")]
    public async Task Encode_OptionOfOtherForm_IsNamed(string option, string value)
    {
        _files.Npz("a/params.npz", _files.Gemma());
        var (code, _, error) = await Cli.RunAsync("sae", "encode", "--sae", _files.PathOf("a"), "--input", WriteX(Tensor.Zeros(2, 6)), "--out", _folder.PathOf("y.safetensors"), option, value);
        Assert.Equal(1, code);
        Assert.Contains(option + " " + value, error);
    }

    private string WriteX(Tensor x, string name = "x")
    {
        var writer = new SafetensorsWriter();
        writer.Add(name, x);
        writer.Save(_folder.PathOf("x.safetensors"));
        return _folder.PathOf("x.safetensors");
    }
}
