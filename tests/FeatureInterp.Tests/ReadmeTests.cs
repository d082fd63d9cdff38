using System.Text.RegularExpressions;
using FeatureInterp.Tests.Kernel.Scripting;

namespace FeatureInterp.Tests;

/// <summary>What the README shows is run, not believed.</summary>
public partial class ReadmeTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    [Fact]
    public async Task Snippets_OneAfterAnother_CompileAndRun()
    {
        var snippets = CodeBlock().Matches(Text).Select(m => m.Groups["code"].Value).ToArray();
        Assert.Equal(5, snippets.Length);
        var cells = new Cells(Repository.Root);
        foreach (var snippet in snippets)
            await cells.ValueAsync(snippet);
        Assert.Contains("logit", cells.Out);
        Assert.Contains("Tensor [7, 256]", cells.Out);
        Assert.Contains("SAELens (cfg.json, sae_weights.safetensors): L0 24, explained variance 0.94", cells.Out);
        Assert.Contains("feature 863", cells.Out);
        Assert.Contains("Activation patching of hook_resid_pre", cells.Out);
    }

    [Fact]
    public void Opening_IsTheTwoCommandsThatCiCalls()
    {
        var ci = File.ReadAllText(Path.Combine(Repository.Root, ".ci", "run"));
        var opening = Text.Split("```", 3)[1].Trim().Split('\n');
        Assert.Equal(["dotnet run -c Release --project src/FeatureInterp.Kernel -- run notebooks/01-contrast-pairs.dib", "dotnet test -c Release"], opening);
        Assert.Contains("\n" + opening[1] + " ", ci);
        Assert.Contains("dotnet run -c Release --no-build --project src/FeatureInterp.Kernel -- ", ci);
        Assert.Contains("featureinterp run \"$notebook\"", ci);
    }

    [Fact]
    public void Links_PointAtFilesThatAreThere()
    {
        foreach (Match link in Link().Matches(Text))
            Assert.True(File.Exists(Path.Combine(Repository.Root, link.Groups["path"].Value)), link.Value);
        foreach (Match path in Path_().Matches(Text))
            Assert.True(System.IO.Path.Exists(Path.Combine(Repository.Root, path.Groups["path"].Value)), path.Value);
    }

    [GeneratedRegex("^```csharp\n(?<code>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\]\((?<path>[^)]+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex("`(?<path>(src|tests|notebooks|data)/[^` ]*)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Path_();
}
