using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;

namespace FeatureInterp.Tests.Kernel.Runner;

public sealed class RunPlanTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("featureinterp-").FullName;

    public RunPlanTests()
    {
        File.WriteAllText(At("a.dib"), "#!csharp\n1");
        File.WriteAllText(At("b.ipynb"), IpynbFile.Write(new Notebook(new Cell("csharp", "2"))));
        Directory.CreateDirectory(At("made"));
        File.WriteAllText(At("made/a.dib"), "#!csharp\n3");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Make_SettlesWhereEachIsWritten()
    {
        Assert.Equal(At("a.ipynb"), Plan(["a.dib"]).Single().IpynbPath);
        Assert.Equal([At("made/a.ipynb"), At("made/b.ipynb")], Plan(["a.dib", "b.ipynb"], "made").Select(p => p.IpynbPath));
        Assert.Equal(At("made/other.IPYNB"), Plan(["a.dib"], "made/other.IPYNB").Single().IpynbPath);
        Assert.Equal(At("made/other.html"), Plan(["a.dib"], "made/other.IPYNB").Single().HtmlPath);
        Assert.Equal(At("b.ipynb"), Plan(["b.ipynb"], inPlace: true).Single().IpynbPath);
        Assert.Equal(_folder, Plan(["b.ipynb"], "made").Single().Folder);
    }

    [Theory]
    [InlineData("#!csharp\n4\n", "4")]
    [InlineData("  {\"cells\":[{\"cell_type\":\"code\",\"source\":\"5\",\"metadata\":{},\"outputs\":[]}],\"metadata\":{},\"nbformat\":4,\"nbformat_minor\":5}", "5")]
    public void Make_StandardInput_TellsTheFormatByItself(string text, string source)
    {
        var plan = RunPlan.Make(["-"], At("x.ipynb"), inPlace: false, new StringReader(text)).Single();
        Assert.Equal(source, plan.Notebook.Cells.Single().Source);
        Assert.Equal(At("x.ipynb"), plan.IpynbPath);
    }

    [Fact]
    public void Make_WhatWouldOverwriteOrIsUnclear_IsRefused()
    {
        Assert.Contains("--in-place", Refused(["b.ipynb"]));
        Assert.Contains("--in-place", Refused(["b.ipynb"], "."));
        Assert.Contains("cannot hold outputs", Refused(["a.dib"], inPlace: true));
        Assert.Contains("two things", Refused(["b.ipynb"], "made", inPlace: true));
        Assert.Contains("one file for 2", Refused(["a.dib", "b.ipynb"], "x.ipynb"));
        Assert.Contains("would both be written", Refused(["a.dib", "made/a.dib"], "made"));
        Assert.Contains("--out FILE.ipynb", Refused(["-"]));
        Assert.Contains("There is no file", Refused(["a.dib", "missing.dib"]));
    }

    private string Refused(string[] names, string? output = null, bool inPlace = false) => Assert.Throws<NotebookException>(() => Plan(names, output, inPlace)).Message;

    private IReadOnlyList<RunPlan> Plan(string[] names, string? output = null, bool inPlace = false) =>
        RunPlan.Make([.. names.Select(n => n is "-" ? n : At(n))], output is null ? null : At(output), inPlace, TextReader.Null);

    private string At(string name) => Path.GetFullPath(Path.Combine(_folder, name));
}
