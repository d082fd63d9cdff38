using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FeatureInterp.Tests.Kernel.Scripting;

public class CSharpSessionTests
{
    [Fact]
    public async Task RunCell_VariablesTypesMethodsAndUsings_ReachLaterCells()
    {
        var cells = new Cells();
        Assert.Null(await cells.ValueAsync("using System.Globalization;\nvar x = 40; record P(int A); int Twice(int i) => 2 * i;"));
        Assert.Equal("42", await cells.ValueAsync("x += 2; x"));
        Assert.Equal("P { A = 84 }", await cells.ValueAsync("new P(Twice(x))"));
        Assert.Equal("1.5", await cells.ValueAsync("1.5.ToString(CultureInfo.InvariantCulture)"));
        Assert.Equal("text", await cells.ValueAsync("var x = \"text\"; x"));
    }

    [Theory]
    [InlineData("1 + 1", "2")]
    [InlineData("1.ToString();", null)]
    [InlineData("int y = 3;", null)]
    [InlineData("Console.WriteLine()", null)]
    [InlineData("await Task.CompletedTask", null)]
    [InlineData("await Task.FromResult(5)", "5")]
    [InlineData("null", "null")]
    [InlineData("(string)null", "null")]
    [InlineData("var z = 3; z // trailing comment", "3")]
    [InlineData("if (true) { }", null)]
    [InlineData("", null)]
    [InlineData("// only a comment", null)]
    [InlineData("display(1)", null)]
    [InlineData("class C { }", null)]
    public async Task RunCell_TrailingExpression_IsTheValueAndAStatementIsNot(string code, string? value) =>
        Assert.Equal(value, await new Cells().ValueAsync(code));

    [Fact]
    public async Task RunCell_Await_WorksAtTopLevelAndBlockingOnATaskDoesNotDeadlock()
    {
        var cells = new Cells();
        Assert.Equal("6", await cells.ValueAsync("await Task.Delay(5); async Task<int> F() { await Task.Delay(5); return 6; }\nawait F()"));
        Assert.Equal("6", await cells.ValueAsync("F().Result"));
    }

    [Fact]
    public async Task RunCell_ManySessionsAtOnce_KeepTheirOutputApart()
    {
        var all = Enumerable.Range(0, 4).Select(_ => new Cells()).ToArray();
        await Task.WhenAll(all.Select(async (c, i) =>
        {
            await c.ValueAsync($"var mine = {i};");
            await c.ValueAsync("await Task.Delay(20); Console.Write(mine); var t = new Thread(() => Console.Write(mine)); t.Start(); t.Join(); await Task.Run(() => Console.Write(mine)); display(mine);");
        }));
        Assert.Equal(["000", "111", "222", "333"], all.Select(c => c.Out));
        Assert.Equal(["0", "1", "2", "3"], all.Select(c => c.Displays.Single().Data.PlainText!));
    }

    [Fact]
    public async Task RunCell_HostTypes_AreTheHostsOwn()
    {
        Marker = new object();
        Assert.Equal("true", await new Cells().ValueAsync($"{typeof(CSharpSessionTests).FullName}.Marker != null"));
        Assert.Equal("true", await new Cells().ValueAsync("typeof(FeatureInterp.Kernel.Notebooks.Cell).Assembly == AppDomain.CurrentDomain.GetAssemblies().Single(a => a.GetName().Name == \"featureinterp\")"));
    }

    [Fact]
    public async Task RunCell_ReferenceToADll_IsFoundFromTheNotebooksFolder()
    {
        var folder = Directory.CreateTempSubdirectory("featureinterp-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "lib"));
        var compiled = CSharpCompilation.Create(
            "Answers", [CSharpSyntaxTree.ParseText("namespace Answers; public static class Deep { public static int Thought => 42; }")],
            [MetadataReference.CreateFromFile(typeof(object).Assembly.Location)], new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary))
            .Emit(Path.Combine(folder, "lib", "Answers.dll"));
        Assert.True(compiled.Success);

        var cells = new Cells(folder);
        Assert.Equal("42", await cells.ValueAsync("#r \"lib/Answers.dll\"\nusing Answers;\nDeep.Thought"));
        Assert.Equal("43", await cells.ValueAsync("Deep.Thought + 1"));
    }

    [Fact]
    public async Task RunCell_ReferenceToAMissingDll_SaysWhichLine()
    {
        var error = await new Cells().ErrorAsync("\n#r \"nowhere/missing.dll\"\n1");
        Assert.Equal("CompilationError", error.Name);
        Assert.Contains("missing.dll", error.Message);
        Assert.StartsWith("cell 1, line 2, column", error.Traceback[0]);
    }

    [Fact]
    public async Task RunCell_Console_GoesToTheStreams()
    {
        var cells = new Cells();
        await cells.ValueAsync("Console.WriteLine(\"a\"); Console.Write('b'); Console.Write(1.5); Console.Out.Flush(); Console.Error.WriteLine(\"e {0}\", 1); Console.WriteLine();");
        Assert.Equal("a\nb1.5\n", cells.Out);
        Assert.Equal("e 1\n", cells.Err);
    }

    [Fact]
    public async Task RunCell_Time_ShowsTheWallTimeOnlyWhenAsked()
    {
        var cells = new Cells();
        Assert.Equal("2", await cells.ValueAsync("#!time\n1 + 1"));
        Assert.Matches("^Wall time: [0-9]+ ms$", cells.Displays.Single().Data.PlainText!);
        await cells.ValueAsync("1");
        Assert.Single(cells.Displays);
    }

    [Theory]
    [InlineData("1\n#!connect mssql", 2, "#!connect is not supported")]
    [InlineData("#!python", 1, "#!python is not supported")]
    [InlineData("1\n#!fsharp\nlet x = 1", 2, "fsharp cells are kept but not run")]
    public async Task RunCell_LineForAnotherKernel_SaysWhatIsOffered(string code, int line, string message)
    {
        var error = await new Cells().ErrorAsync(code);
        Assert.Contains(message, error.Message);
        Assert.StartsWith($"cell 1, line {line}:", error.Traceback[0]);
    }

    [Fact]
    public async Task RunCell_MarkInsideARawString_IsText() =>
        Assert.Equal("#!share\n#!time", await new Cells().ValueAsync("var s = \"\"\"\n    #!share\n    #!time\n    \"\"\";\ns"));

    [Fact]
    public async Task RunCell_KernelsOwnMark_IsIgnoredAndLinesStay()
    {
        var error = await new Cells().ErrorAsync("#!csharp\n\nwrong");
        Assert.StartsWith("cell 1, line 3, column 1", error.Traceback[0]);
    }

    [Fact]
    public async Task Variables_AfterCells_AreTheLastDefinitions()
    {
        var cells = new Cells();
        await cells.ValueAsync("int a = 1; double b = 2;");
        await cells.ValueAsync("string a = \"x\"; const int c = 3;");
        Assert.Equal([("b", typeof(double)), ("a", typeof(string)), ("c", typeof(int))], cells.Session.Variables.Select(v => (v.Name, v.Type)));
        Assert.True(cells.Session.Variables.Single(v => v.Name == "c").IsReadOnly);
    }

    public static object? Marker { get; set; }
}
