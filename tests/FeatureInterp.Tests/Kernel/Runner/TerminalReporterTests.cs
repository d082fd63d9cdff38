using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Runner;

public class TerminalReporterTests
{
    private static readonly Notebook Any = new();

    [Fact]
    public async Task Run_Redirected_IsPlainTextInOrder()
    {
        var text = await PrintAsync("#!md\n## Part one\n\nprose\n#!csharp\n#!time_not\n#!csharp\n1", live: false);
        Assert.StartsWith("[1/3] Part one\n[2/3] ", text);
        text = await PrintAsync("#!csharp\n\n// look\nConsole.Write(\"partial\");\ndisplay(\"shown\");\n\"value\"\n#!csharp\nthrow new Exception(\"boom\");", live: false);
        Assert.Equal("[1/2] // look\npartial\nshown\nvalue\n[2/2] throw new Exception(\"boom\");\nException: boom\n  at cell 2, line 1\n    throw new Exception(\"boom\");\n", text);
        Assert.DoesNotContain('\u001b', text);
    }

    [Fact]
    public async Task Run_Updates_PrintTheLastStateOnce()
    {
        var text = await PrintAsync("#!csharp\nvar d = display(\"0 %\");\nfor (var i = 1; i <= 10; i++) d.Update($\"{i}0 %\");", live: false);
        Assert.Equal("[1/1] var d = display(\"0 %\");\n0 %\n100 %\n", text);
    }

    [Fact]
    public void Print_ControlCharacters_DoNotReachTheTerminal()
    {
        using var writer = new StringWriter();
        using var reporter = new TerminalReporter(writer, live: true, coloured: false);
        reporter.Displayed(MimeBundle.FromText("a\u001b]0;title\u0007b\tc"));
        Assert.Equal("a\uFFFD]0;title\uFFFDb\tc\n", writer.ToString());
    }

    [Fact]
    public void Print_OnATerminal_IsColouredAndWithNoColorIsNot()
    {
        Assert.Contains("\u001b[31mbad\u001b[0m", Failing(coloured: true));
        Assert.DoesNotContain('\u001b', Failing(coloured: false));
    }

    [Fact]
    public async Task LongCell_OnATerminal_ShowsALineThatGoesAway()
    {
        using var writer = new StringWriter();
        using (var reporter = new TerminalReporter(TextWriter.Synchronized(writer), live: true, coloured: false))
        {
            reporter.CellStarting(new CellPlace(3, 12, "cell 3"), new Cell("csharp", "Slow()"));
            await Task.Delay(2700);
            reporter.CellFinished(new CellPlace(3, 12, "cell 3"), new CellResult(CellStatus.Succeeded, MimeBundle.FromText("done")), Any);
        }

        Assert.Contains("\r\u001b[K[3/12] 2 s … Ctrl-C stops", writer.ToString());
        Assert.Matches("\r\u001b\\[Kdone\n\\[3/12\\] took [0-9.]+ s\n$", writer.ToString());
    }

    private static string Failing(bool coloured)
    {
        using var writer = new StringWriter();
        using var reporter = new TerminalReporter(writer, live: true, coloured);
        reporter.CellFinished(new CellPlace(1, 1, "cell 1"), new CellResult(CellStatus.Failed, Error: new ErrorOutput("E", "bad", ["bad"])), Any);
        return writer.ToString();
    }

    private static async Task<string> PrintAsync(string dib, bool live)
    {
        using var writer = new StringWriter();
        using (var reporter = new TerminalReporter(writer, live, coloured: false))
            await RunnerTests.RunAsync(dib, default, reporter);
        // How long the first cell takes depends on the machine.
        return string.Join('\n', writer.ToString().Split('\n').Where(l => !l.Contains("] took ", StringComparison.Ordinal)));
    }
}
