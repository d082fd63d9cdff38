using System.Text.Json;
using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The two verbs for scripts, as a user runs them: in a process of their own.</summary>
public class ActivationsAndGenerateTests
{
    private static readonly string Folder = Directory.CreateTempSubdirectory("featureinterp-cli").FullName;
    private static readonly string ModelFolder = Repository.Data("models", "talegrid-6m");
    private static readonly string SaeFolder = Repository.Data("saes", "talegrid-6m-res-l3");

    [Fact]
    public async Task Activations_UnequalPrompts_WritesWhatRunGives()
    {
        var output = Path.Combine(Folder, "a.safetensors");
        var (code, _, error) = await Cli.RunAsync("activations", "--model", ModelFolder, "--tokens", Tokens("[[2,15,7,300],[2,9]]"), "--hooks", "blocks.1.*", "hook_embed", "--loss", "--out", output);
        Assert.True(code == 0, error);

        var file = SafetensorsFile.Open(output);
        var run = Transformer.Load(ModelFolder).Run((int[][])[[2, 15, 7, 300], [2, 9]], capture: new HookSelection("blocks.1.*", "hook_embed"));
        Assert.Equal(run.Activations.Points.Select(p => p.ToString()).Concat(["logits", "loss", "loss_per_token"]).Order(StringComparer.Ordinal), file.Weights.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(run.Logits.Padded().Span.ToArray(), file["logits"].ToTensor().Span.ToArray());
        Assert.Equal([2L, 4L, 4096L], file["logits"].Shape.ToArray());
        Assert.Equal([2L, 4L, 4L, 4L], file["blocks.1.attn.hook_pattern"].Shape.ToArray());
        Assert.Equal(run.Activations["blocks.1.attn.hook_z"][1].Span.ToArray(), file["blocks.1.attn.hook_z"].ToTensor()[1].Rows(0, 2).Span.ToArray());
        Assert.Equal("[4,2]", file.Metadata["lengths"]);
        Assert.Equal(run.Loss(), file["loss"].ToTensor().Span[0], 1e-6);
    }

    [Fact]
    public async Task Activations_WithSae_WritesSaeLensNames()
    {
        var output = Path.Combine(Folder, "b.safetensors");
        var (code, _, error) = await Cli.RunAsync("activations", "--model", ModelFolder, "--text", "Once upon a time", "--sae", SaeFolder, "--error-term", "--hooks", "blocks.3.hook_resid_post*", "--out", output);
        Assert.True(code == 0, error);
        string[] sites = ["hook_sae_acts_post", "hook_sae_acts_pre", "hook_sae_error", "hook_sae_input", "hook_sae_output", "hook_sae_recons"];
        Assert.Equal(sites.Select(s => "blocks.3.hook_resid_post." + s).Append("logits"), SafetensorsFile.Open(output).Weights.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Activations_LayerOrder_ChangesWhatTheWindowBites()
    {
        var tokens = Tokens("[[" + string.Join(',', Enumerable.Range(0, 300).Select(i => i == 0 ? 2 : 300 + i)) + "]]");
        var logits = new List<float[]>();
        foreach (var order in new[] { "local-first", "global-first" })
        {
            var output = Path.Combine(Folder, order + ".safetensors");
            var (code, _, error) = await Cli.RunAsync("activations", "--model", ModelFolder, "--tokens", tokens, "--layer-order", order, "--hooks", "ln_final.hook_scale", "--out", output);
            Assert.True(code == 0, error);
            logits.Add(SafetensorsFile.Open(output)["logits"].ToTensor().Span.ToArray());
        }

        Assert.Equal(logits[0][..(256 * 4096)], logits[1][..(256 * 4096)]);
        Assert.NotEqual(logits[0][^4096..], logits[1][^4096..]);
    }

    [Fact]
    public async Task Generate_Json_HasNewTokensAndText()
    {
        var (code, output, error) = await Cli.RunAsync("generate", "--model", ModelFolder, "--text", "Once upon a time", "--text", "The king", "--max-new-tokens", "7", "--json");
        Assert.True(code == 0, error);
        var json = JsonDocument.Parse(output).RootElement;
        var made = Transformer.Load(ModelFolder).Generate((string[])["Once upon a time", "The king"], 7);
        for (var p = 0; p < 2; p++)
        {
            Assert.Equal(made[p].Tokens, json.GetProperty("tokens")[p].EnumerateArray().Select(t => t.GetInt32()));
            Assert.Equal(made[p].Text, json.GetProperty("text")[p].GetString());
        }
    }

    [Fact]
    public async Task Generate_Plain_PrintsTheText()
    {
        var (code, output, _) = await Cli.RunAsync("generate", "--model", ModelFolder, "--text", "Once upon a time", "--max-new-tokens", "7");
        Assert.Equal(0, code);
        Assert.Equal(Transformer.Load(ModelFolder).Generate("Once upon a time", 7)[0].Text + Environment.NewLine, output);
    }

    [Theory]
    [InlineData("[[2,99999]]", "99999")]
    [InlineData("[[]]", "empty")]
    [InlineData("[]", "no prompt")]
    [InlineData("{}", "[[2,15,7],[2,9]]")]
    [InlineData("[[2,1.5]]", "[[2,15,7],[2,9]]")]
    [InlineData("[null]", "null")]
    public async Task Activations_BadTokens_OneSentenceAndNoFile(string json, string names)
    {
        var output = Path.Combine(Folder, Guid.NewGuid() + ".safetensors");
        var (code, _, error) = await Cli.RunAsync("activations", "--model", ModelFolder, "--tokens", Tokens(json), "--out", output);
        Assert.Equal(1, code);
        Assert.Contains(names, error);
        Assert.Single(error.Trim().Split('\n'));
        Assert.False(File.Exists(output));
    }

    [Fact]
    public async Task Activations_UnknownHook_NamesTheNearest()
    {
        var (code, _, error) = await Cli.RunAsync("activations", "--model", ModelFolder, "--text", "a", "--hooks", "blocks.9.hook_resid_post", "--out", Path.Combine(Folder, "x.safetensors"));
        Assert.Equal(1, code);
        Assert.Contains("layers 0–5; did you mean blocks.5.hook_resid_post?", error);
    }

    [Theory]
    [InlineData("nowhere", "talegrid-6m")]
    [InlineData("", "folder")]
    public async Task Generate_NoSuchModel_ListsThoseThereAre(string model, string names)
    {
        var (code, _, error) = await Cli.RunAsync("generate", "--model", model, "--text", "a");
        Assert.Equal(1, code);
        Assert.Contains(names, error);
    }

    [Theory]
    [InlineData("--temperature", "-1")]
    [InlineData("--top-p", "0")]
    [InlineData("--top-k", "0")]
    public async Task Generate_SenselessSampling_IsRefused(string option, string value)
    {
        var (code, _, error) = await Cli.RunAsync("generate", "--model", ModelFolder, "--text", "a", option, value);
        Assert.Equal(1, code);
        Assert.Contains(value, error);
    }

    [Fact]
    public async Task Generate_NeitherTextNorTokens_IsAUsageError()
    {
        var (code, _, error) = await Cli.RunAsync("generate", "--model", ModelFolder);
        Assert.Equal(2, code);
        Assert.Contains("--tokens", error);
    }

    private static string Tokens(string json)
    {
        var path = Path.Combine(Folder, Guid.NewGuid() + ".json");
        File.WriteAllText(path, json);
        return path;
    }
}
