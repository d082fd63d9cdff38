using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Tests.Kernel.Notebooks;

public sealed partial class InteractivePageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("featureinterp-").FullName;

    private static readonly Notebook Figure = new(new Cell("csharp", "x")
    {
        Outputs =
        [
            new ResultOutput(new MimeBundle([new("image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\"><title>dots</title></svg>"), new(PlotlyScript.MimeType, "{\"data\":[{\"name\":\"</script><b>\"}]}")])),
            new ResultOutput(new MimeBundle([new("text/plain", "again"), new(PlotlyScript.MimeType, "{\"data\":[]}")])),
        ],
    });

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_WithScript_EmbedsItOnceAllowedByHashAndKeepsThePicture()
    {
        File.WriteAllText(Path.Combine(_folder, "plotly.min.js"), "window.Plotly={};");
        var page = HtmlExport.Write(Figure, "n", _folder, PlotlyScript.Load(null, _folder));
        var scripts = Scripts().Matches(page);
        Assert.Equal(2, scripts.Count);
        Assert.Equal("window.Plotly={};", scripts[0].Groups["body"].Value);
        var policy = Policy().Match(page).Groups["policy"].Value;
        Assert.All(scripts, s => Assert.Contains($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(s.Groups["body"].Value)))}'", policy));
        Assert.DoesNotContain("unsafe-inline", policy.Split(';').Single(p => p.Contains("script-src")));
        Assert.Contains("<title>dots</title>", page);
        Assert.DoesNotContain("</script><b>", page);
        Assert.Equal(2, page.Split("class=\"plotly-data\"").Length - 1);
    }

    [Fact]
    public void Write_WithoutScriptOrFigure_HasNone()
    {
        Assert.DoesNotContain("<script", HtmlExport.Write(Figure, "n", _folder));
        File.WriteAllText(Path.Combine(_folder, "p.js"), "Plotly");
        Assert.DoesNotContain("<script", HtmlExport.Write(new Notebook(new Cell("csharp", "1")), "n", _folder, PlotlyScript.Load(Path.Combine(_folder, "p.js"))));
    }

    [Fact]
    public void Load_NoScript_SaysHowToNameOne()
    {
        Assert.Contains("--plotly FILE", Assert.Throws<NotebookException>(() => PlotlyScript.Load(null, _folder)).Message);
        Assert.Contains("There is no file", Assert.Throws<NotebookException>(() => PlotlyScript.Load(Path.Combine(_folder, "none.js"))).Message);
        File.WriteAllText(Path.Combine(_folder, "p.js"), "alert(1)");
        Assert.Contains("not a plotly script", Assert.Throws<NotebookException>(() => PlotlyScript.Load(Path.Combine(_folder, "p.js"))).Message);
    }

    [GeneratedRegex("<script>(?<body>.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex Scripts();

    [GeneratedRegex("Content-Security-Policy\" content=\"(?<policy>[^\"]*)\"")]
    private static partial Regex Policy();
}
