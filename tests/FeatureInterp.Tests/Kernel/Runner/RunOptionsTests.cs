using System.Collections.Immutable;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;

namespace FeatureInterp.Tests.Kernel.Runner;

public class RunOptionsTests
{
    [Fact]
    public async Task Run_KeepGoing_RunsTheRestAndStillFails()
    {
        var run = await RunAsync("#!csharp\nvar a = 1;\n#!csharp\nvar b = a / (a - 1);\n#!csharp\nb\n#!csharp\na + 1", new RunOptions { BaseDirectory = ".", KeepGoing = true });
        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Equal(1, run.FailedCells);
        Assert.Equal("DivideByZeroException", Assert.IsType<ErrorOutput>(run.Notebook.Cells[1].Outputs.Single()).Name);
        Assert.Equal("2", Assert.IsType<ResultOutput>(run.Notebook.Cells[3].Outputs.Single()).Data.PlainText);
    }

    [Fact]
    public async Task Run_KeepGoing_DependentCellsFailWithTheirOwnErrors()
    {
        var run = await RunAsync("#!csharp\nvar a = nothing;\n#!csharp\na\n#!csharp\n3", new RunOptions { BaseDirectory = ".", KeepGoing = true });
        Assert.Equal(2, run.FailedCells);
        Assert.Contains("'nothing'", Assert.IsType<ErrorOutput>(run.Notebook.Cells[0].Outputs.Single()).Message);
        Assert.Contains("'a'", Assert.IsType<ErrorOutput>(run.Notebook.Cells[1].Outputs.Single()).Message);
        Assert.Single(run.Notebook.Cells[2].Outputs);
    }

    [Theory]
    [InlineData("await Task.Delay(-1, KernelContext.CancellationToken);")]
    [InlineData("Thread.Sleep(60000);")]
    public async Task Run_CellOverItsTime_IsATimeoutWithWhatItWrote(string code)
    {
        var run = await RunAsync($"#!csharp\nConsole.Write(\"so far\");\n{code}\n#!csharp\n2", new RunOptions { BaseDirectory = ".", Timeout = TimeSpan.FromSeconds(7.5) });
        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Equal("so far", Assert.IsType<StreamOutput>(run.Notebook.Cells[0].Outputs[0]).Text);
        var error = Assert.IsType<ErrorOutput>(run.Notebook.Cells[0].Outputs[1]);
        Assert.Equal(("Timeout", "cell 1 was stopped after 7.5 s, the longest that --timeout lets a cell run."), (error.Name, error.Message));
        Assert.Empty(run.Notebook.Cells[1].Outputs);
    }

    [Fact]
    public async Task Run_LongCell_IsSeenOnTheWayWithoutSplittingItsText()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var watcher = new Watcher(file);
        var run = await NotebookRunner.RunAsync(
            DibFile.Parse($"#!csharp\nConsole.Write(\"a\");\nwhile (!File.Exists(\"{file}\")) Thread.Sleep(20);\nConsole.Write(\"b\");"), new RunOptions { BaseDirectory = ".", Timeout = TimeSpan.FromMinutes(1) }, [watcher], default);
        File.Delete(file);
        Assert.Equal("ab", Assert.IsType<StreamOutput>(Assert.Single(run.Notebook.Cells[0].Outputs)).Text);
    }

    [Fact]
    public async Task Run_TaggedCellOfAnIpynb_TakesParametersInPlaceOfEarlierOnes()
    {
        var notebook = new Notebook(
            new Cell("csharp", "var n = 1;") { Tags = [Cell.ParametersTag] }, new Cell("csharp", "n = 5;") { Tags = [Cell.InjectedTag] }, new Cell("raw", "not run"), new Cell("csharp", "n"));
        var read = IpynbFile.Parse(IpynbFile.Write(notebook));
        var run = await NotebookRunner.RunAsync(
            read, new RunOptions { BaseDirectory = ".", Parameters = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create("n", "7")]) }, [], default);
        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal(["var n = 1;", "// set from the command line\nn = 7;", "not run", "n"], run.Notebook.Cells.Select(c => c.Source));
        Assert.Equal("7", Assert.IsType<ResultOutput>(run.Notebook.Cells[3].Outputs.Single()).Data.PlainText);
        Assert.Equal([1, 2, null, 3], run.Notebook.Cells.Select(c => c.ExecutionCount));
    }

    private static Task<RunResult> RunAsync(string dib, RunOptions options) => NotebookRunner.RunAsync(DibFile.Parse(dib), options, [], default);

    // Lets the cell end once its first output was seen while it ran.
    private sealed class Watcher(string file) : IRunObserver
    {
        public void CellStarting(CellPlace place, Cell cell) { }

        public void StreamWritten(StandardStream stream, string text) { }

        public void Displayed(MimeBundle data) { }

        public void Updated(MimeBundle data, string displayId) { }

        public void CellRunning(CellPlace place, Notebook soFar)
        {
            if (soFar.Cells[0].Outputs is [StreamOutput { Text: "a" }])
                File.WriteAllText(file, "");
        }

        public void CellFinished(CellPlace place, FeatureInterp.Kernel.Scripting.CellResult result, Notebook soFar) { }
    }
}
