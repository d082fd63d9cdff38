using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Kernel.Scripting;
using FeatureInterp.Tests.Kernel.Notebooks;

namespace FeatureInterp.Tests.Kernel.Runner;

public class RunnerTests
{
    [Fact]
    public async Task Run_AllCells_CollectsOutputsInOrder()
    {
        var run = await RunAsync("#!md\n# T\n#!csharp\nConsole.Write(\"a\");\nConsole.WriteLine(\"b\");\ndisplay(1);\nConsole.Error.Write(\"e\");\nConsole.Write(\"c\");\n\"end\"\n#!csharp\n2");
        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal(
            ["stdout ab\n", "display 1", "stderr e", "stdout c", "result end"],
            run.Notebook.Cells[1].Outputs.Select(Text));
        Assert.Equal([null, 1, 2], run.Notebook.Cells.Select(c => c.ExecutionCount));
    }

    [Fact]
    public async Task Run_Update_ReplacesWhatAnEarlierCellShowed()
    {
        var run = await RunAsync("#!csharp\nvar d = display(\"old\");\n#!csharp\nd.Update(\"new\");");
        Assert.Equal(["display new"], run.Notebook.Cells[0].Outputs.Select(Text));
        Assert.Empty(run.Notebook.Cells[1].Outputs);
    }

    [Fact]
    public async Task Run_FailingCell_StopsThereWithLineAndKeepsTheRest()
    {
        var run = await RunAsync("#!csharp\n1\n#!md\ntext\n#!csharp\nConsole.Write(\"so far\");\n\nthrow new Exception(\"boom\");\n#!csharp\n\"never\"");
        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Equal(["stdout so far", "error boom"], run.Notebook.Cells[2].Outputs.Select(Text));
        Assert.Contains("  at cell 3, line 3", Assert.IsType<ErrorOutput>(run.Notebook.Cells[2].Outputs[1]).Traceback);
        Assert.Empty(run.Notebook.Cells[3].Outputs);
        Assert.Null(run.Notebook.Cells[3].ExecutionCount);
    }

    [Theory]
    [InlineData("fsharp")]
    [InlineData("pwsh")]
    public async Task Run_CellInAnotherLanguage_FailsAndKeepsIt(string kernel)
    {
        var run = await RunAsync($"#!{kernel}\nlet x = 1\n#!csharp\n1");
        Assert.Equal(RunStatus.Failed, run.Status);
        Assert.Equal("let x = 1", run.Notebook.Cells[0].Source);
        Assert.Contains($"'{kernel}'", Assert.IsType<ErrorOutput>(run.Notebook.Cells[0].Outputs.Single()).Message);
        Assert.Empty(run.Notebook.Cells[1].Outputs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("#!markdown\n\n#!csharp\n")]
    public async Task Run_NoCells_IsRefused(string text) =>
        Assert.Contains("no cells", (await Assert.ThrowsAsync<NotebookException>(() => RunAsync(text))).Message);

    [Fact]
    public async Task Run_Cancelled_KeepsWhatWasComputed()
    {
        using var source = new CancellationTokenSource();
        var run = await RunAsync("#!csharp\n\"kept\"\n#!csharp\nConsole.Write(\"going\");\nawait Task.Delay(-1);\n#!csharp\n3", source.Token, new CancelOnStream(source));
        Assert.Equal(RunStatus.Cancelled, run.Status);
        Assert.Equal(["result kept"], run.Notebook.Cells[0].Outputs.Select(Text));
        Assert.Equal("stdout going", Text(run.Notebook.Cells[1].Outputs[0]));
        Assert.Equal("Cancelled", Assert.IsType<ErrorOutput>(run.Notebook.Cells[1].Outputs[1]).Name);
        Assert.Empty(run.Notebook.Cells[2].Outputs);
    }

    [Fact]
    public async Task Run_CancelledWhileTheLastCellEndsWell_IsCompleted()
    {
        using var source = new CancellationTokenSource();
        var run = await RunAsync("#!csharp\nConsole.Write(1);\n\"end\"", source.Token, new CancelOnStream(source));
        Assert.Equal(RunStatus.Completed, run.Status);
    }

    [Fact]
    public async Task Run_OutputAfterTheCellEnded_IsNotStored()
    {
        var run = await RunAsync("#!csharp\nvar go = new TaskCompletionSource();\nvar late = Task.Run(async () => { await go.Task; Console.Write(\"late\"); });\n#!csharp\ngo.SetResult();\nawait late;");
        Assert.Empty(run.Notebook.Cells[0].Outputs);
        Assert.Empty(run.Notebook.Cells[1].Outputs);
    }

    [Fact]
    public async Task Run_EndlessPrinting_IsStoredUpToTheLimit()
    {
        var run = await RunAsync("#!csharp\nfor (var i = 0; i < 300; i++) Console.Write(new string('x', 10_000));");
        var text = Assert.IsType<StreamOutput>(run.Notebook.Cells[0].Outputs.Single()).Text;
        Assert.Contains("is not stored", text);
        Assert.InRange(text.Length, ValueFormatter.MaxText, ValueFormatter.MaxText + 200);
    }

    [Fact]
    public async Task Run_Twice_GivesTheSameTwinAndPage()
    {
        const string text = "#!md\n# T\n#!csharp\nvar rows = new[] { (1, \"a\"), (2, \"b\") };\nrows\n#!csharp\ndisplay(1); throw new Exception(\"x\");";
        var one = (await RunAsync(text)).Notebook;
        var two = (await RunAsync(text)).Notebook;
        NbformatRules.AssertValid(IpynbFile.Write(one));
        Assert.Equal(IpynbFile.Write(one), IpynbFile.Write(two));
        Assert.Equal(HtmlExport.Write(one, "n", "."), HtmlExport.Write(two, "n", "."));
    }

    [Fact]
    public async Task Run_OldOutputs_AreDropped()
    {
        var old = new Notebook(new Cell("csharp", "1") { Outputs = [new ErrorOutput("E", "old", ["old"])] });
        var run = await NotebookRunner.RunAsync(old, new RunOptions { BaseDirectory = "." }, [], default);
        Assert.Equal(["result 1"], run.Notebook.Cells[0].Outputs.Select(Text));
    }

    internal static Task<RunResult> RunAsync(string dib, CancellationToken token = default, params IReadOnlyList<IRunObserver> observers) =>
        NotebookRunner.RunAsync(DibFile.Parse(dib), new RunOptions { BaseDirectory = AppContext.BaseDirectory }, observers, token);

    internal static string Text(CellOutput output) => output switch
    {
        StreamOutput { Stream: StandardStream.Output } s => "stdout " + s.Text,
        StreamOutput s => "stderr " + s.Text,
        DisplayOutput d => "display " + d.Data.PlainText,
        ResultOutput r => "result " + r.Data.PlainText,
        ErrorOutput e => "error " + e.Message,
        _ => "?",
    };

    private sealed class CancelOnStream(CancellationTokenSource source) : IRunObserver
    {
        public void CellStarting(CellPlace place, Cell cell) { }

        public void StreamWritten(StandardStream stream, string text) => source.Cancel();

        public void Displayed(MimeBundle data) { }

        public void Updated(MimeBundle data, string displayId) { }

        public void CellFinished(CellPlace place, CellResult result, Notebook soFar) { }
    }
}
