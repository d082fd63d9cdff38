namespace FeatureInterp.Tests.Kernel.Scripting.Magics;

public class MagicTests
{
    [Fact]
    public async Task Who_ListsNamesAndWhosTypesAndValues()
    {
        var cells = new Cells();
        await cells.ValueAsync("var words = new List<string> { \"<a>\" }; int n = 3;");
        Assert.Null(await cells.ValueAsync("#!who\n#!whos"));
        var shown = cells.Displays.Select(d => d.Data).ToList();
        Assert.Equal("n, words", shown[0].PlainText);
        Assert.Contains("<li>words</li>", shown[0].Items["text/html"]);
        Assert.Equal(["Variable", "Type", "Value"], shown[1].PlainText!.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["words", "List<String>", "[\"<a>\"]"], shown[1].PlainText!.Split('\n')[3].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("&lt;a&gt;", shown[1].Items["text/html"]);
    }

    [Fact]
    public async Task Who_WithoutVariables_SaysSo()
    {
        var cells = new Cells();
        await cells.ValueAsync("#!who\n#!whos");
        Assert.All(cells.Displays, d => Assert.Equal("There are no variables.", d.Data.PlainText));
    }

    [Fact]
    public async Task Whos_ValueThatCannotBeShown_NamesTheException()
    {
        var cells = new Cells();
        await cells.ValueAsync("class Bad { public override string ToString() => throw new NotSupportedException(); }\nvar bad = new Bad();\n#!whos");
        Assert.Contains("(NotSupportedException)", cells.Displays.Single().Data.PlainText);
    }

    [Fact]
    public async Task Magics_BetweenCode_SeeWhatIsAboveThem()
    {
        var cells = new Cells();
        Assert.Equal("2", await cells.ValueAsync("var first = 1;\n#!who\nvar second = 2;\nsecond"));
        Assert.Equal("first", cells.Displays.Single().Data.PlainText);
    }

    [Fact]
    public async Task ValueAboveAMagic_IsShownInItsPlace()
    {
        var cells = new Cells();
        Assert.Equal("end", await cells.ValueAsync("40 + 2\n#!who\n\"end\""));
        Assert.Equal(["42", "There are no variables."], cells.Displays.Select(d => d.Data.PlainText!));
    }

    [Fact]
    public async Task Time_OverSeveralParts_IsShownOnceAtTheEnd()
    {
        var cells = new Cells();
        await cells.ValueAsync("#!time\nvar a = 1;\n#!who\nawait Task.Delay(50);");
        Assert.Equal(2, cells.Displays.Count);
        var time = cells.Displays.Last().Data.PlainText!;
        Assert.Matches("^Wall time: [0-9]+ ms$", time);
        Assert.InRange(int.Parse(time.Split(' ')[2]), 45, 600_000);
    }

    [Fact]
    public async Task LsMagic_NamesEveryLineThatIsOffered()
    {
        var cells = new Cells();
        await cells.ValueAsync("#!lsmagic\n#!about");
        var list = cells.Displays.First().Data.PlainText!;
        Assert.All(["#!about", "#!import", "#!lsmagic", "#!reset", "#!set", "#!share", "#!time", "#!value", "#!who", "#!whos", "#r", "#i", "#!html"], m => Assert.Contains(m, list));
        Assert.Contains($".NET {Environment.Version}", cells.Displays.Last().Data.PlainText);
    }

    [Fact]
    public async Task Reset_ForgetsVariablesAndTypes()
    {
        var cells = new Cells();
        await cells.ValueAsync("var x = 1; record R(int A);\n#!value --name kept\ntext");
        Assert.Equal("2", await cells.ValueAsync("#!reset\nvar y = 2;\ny"));
        Assert.Equal(["y"], cells.Session.Variables.Select(v => v.Name));
        Assert.Contains("'x'", (await cells.ErrorAsync("x")).Message);
        Assert.Contains("'R'", (await cells.ErrorAsync("new R(1)")).Message);
        Assert.Contains("keeps nothing named 'kept'", (await cells.ErrorAsync("#!share kept --from value")).Message);
    }

    [Fact]
    public async Task ErrorBelowAMagic_PointsAtItsLine()
    {
        var error = await new Cells().ErrorAsync("#!who\nvar a = 1;\n#!who\n\nint.Parse(\"x\")");
        Assert.Equal("FormatException", error.Name);
        Assert.Contains("  at cell 1, line 5", error.Traceback);
        Assert.Contains("    int.Parse(\"x\")", error.Traceback);
    }

    [Fact]
    public async Task ProblemInALaterLine_RunsNothing()
    {
        var cells = new Cells();
        await cells.ErrorAsync("Console.Write(1);\n#!nonsense");
        Assert.Empty(cells.Streams);
    }

    [Fact]
    public async Task Cancel_BetweenParts_EndsTheCell()
    {
        var cells = new Cells();
        using var source = new CancellationTokenSource();
        Cancelled = source;
        var result = await cells.RunAsync($"{typeof(MagicTests).FullName}.Cancelled.Cancel();\n#!who\nConsole.Write(1);", source.Token);
        Assert.Equal(FeatureInterp.Kernel.Scripting.CellStatus.Cancelled, result.Status);
        Assert.Empty(cells.Streams);
        Assert.Empty(cells.Displays);
    }

    public static CancellationTokenSource? Cancelled { get; set; }
}
