using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;

namespace FeatureInterp.Tests.Kernel.Commands;

/// <summary>Running and comparing several notebooks, as a user does.</summary>
public sealed class RunFilesProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("featureinterp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Run_TwoNotebooks_FailsWhenOneDoesAndWritesBoth()
    {
        File.WriteAllText(At("a.dib"), "#!csharp\nthrow new Exception(\"boom\");\n#!csharp\n1.25");
        File.WriteAllText(At("b.dib"), "#!csharp\n// parameters\nvar x = 2.5;\n#!csharp\nx");
        File.WriteAllText(At("p.json"), "{\"x\": 3.5}");
        var (code, output, _) = await Cli.RunAsync("run", At("a.dib"), "--keep-going", "--out", At("made"), "--no-html");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("1 of 2 code cells failed", output);
        (code, _, _) = await Cli.RunAsync("run", At("b.dib"), "--parameters", At("p.json"), "--out", At("made/b.ipynb"), "--no-html");
        Assert.Equal(ExitCode.Success, code);
        Assert.Equal("3.5", Assert.IsType<ResultOutput>(NotebookFile.Load(At("made/b.ipynb")).Cells[^1].Outputs.Single()).Data.PlainText);

        (code, output, _) = await Cli.RunAsync("run", At("made/a.ipynb"), At("made/b.ipynb"), "--in-place", "--no-html");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains($"== {At("made/b.ipynb")}", output);
        Assert.Equal(3, NotebookFile.Load(At("made/b.ipynb")).Cells.Length);
    }

    [Fact]
    public async Task Diff_ExitsWithZeroOneOrTwo()
    {
        foreach (var (name, text) in (IEnumerable<(string, string)>)[("a.ipynb", "1.50"), ("b.ipynb", "1.51"), ("c.ipynb", "1.75")])
            File.WriteAllText(At(name), IpynbFile.Write(new Notebook(new Cell("csharp", "x") { Outputs = [new ResultOutput(MimeBundle.FromText(text))] })));
        File.WriteAllText(At("d.dib"), "#!csharp\n1");
        Assert.Equal(ExitCode.Success, (await Cli.RunAsync("diff", At("a.ipynb"), At("b.ipynb"))).Code);
        var (code, output, _) = await Cli.RunAsync("diff", At("a.ipynb"), At("c.ipynb"));
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("cell 1, output 1, text/plain, line 1: 0.25 apart, 0.01 allowed", output);
        Assert.Equal(ExitCode.Success, (await Cli.RunAsync("diff", At("a.ipynb"), At("c.ipynb"), "--tolerance", "0.2")).Code);
        (code, output, _) = await Cli.RunAsync("diff", At("a.ipynb"), At("c.ipynb"), "--json");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal("number", (string)System.Text.Json.Nodes.JsonNode.Parse(output)!["differences"]![0]!["kind"]!);
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("diff", At("a.ipynb"), At("d.dib"))).Code);
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("diff", At("a.ipynb"), At("none.ipynb"))).Code);
        Assert.Equal(ExitCode.Usage, (await Cli.RunAsync("diff", At("a.ipynb"), At("b.ipynb"), "--tolerance", "-1")).Code);
    }

    private string At(string name) => Path.Combine(_folder, name);
}
