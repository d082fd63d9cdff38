using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Scripting.Magics;

public class CellDirectivesTests
{
    [Fact]
    public void Parse_CodeMagicsAndBlocks_KeepTheirOrderAndLineNumbers()
    {
        const string Source = "var a = 1;\n#!who\n#!time\na\n#!html\n\n<b>it's \"\"\"</b>\n#!time\n#!C#\na + 1";
        var cell = CellDirectives.Parse(Source);
        Assert.Null(cell.Problem);
        Assert.True(cell.Time);
        Assert.Equal(
            ["var a = 1;", "#!who", "\n\n\na", "html:<b>it's \"\"\"</b>\n#!time", "\n\n\n\n\n\n\n\n\na + 1"],
            cell.Steps.Select(s => s switch { CodeStep c => Lines(c.Code), MagicStep m => m.Source, ContentStep h => $"{h.Kernel}:{h.Text}", _ => "?" }));
        Assert.Equal("var a = 1;\n\n\na\n\n\n\n\n\na + 1", Lines(cell.Code));
        // An editor asks about places in the cell as it is written.
        Assert.Equal(Source.Length, cell.Code.Length);
        Assert.Equal(Source.IndexOf("a + 1", StringComparison.Ordinal), cell.Code.IndexOf("a + 1", StringComparison.Ordinal));
    }

    [Fact]
    public void Parse_PackageLines_ComeTogetherAndPathsStayInTheCode()
    {
        var cell = CellDirectives.Parse("#r \"a.dll\"\n#r \"nuget: A, 1.0\"\n #r  \"nuget:B\" // why\n#i \"nuget:feed\"\n1");
        Assert.Equal([(2, false, "A, 1.0"), (3, false, "B"), (4, true, "feed")], cell.Packages.Select(p => (p.Number, p.IsFeed, p.Argument)));
        Assert.Equal("#r \"a.dll\"\n\n\n\n1", Lines(Assert.IsType<CodeStep>(cell.Steps.Single()).Code));
    }

    private static string Lines(string code) => string.Join('\n', code.Split('\n').Select(l => l.TrimEnd()));

    [Theory]
    [InlineData("var s = @\"\n#!who\n\";")]
    [InlineData("var s = $\"\"\"\n#!who\n{1}\n#!time\n\"\"\";")]
    [InlineData("/*\n#!who\n#r \"nuget: A\"\n*/")]
    [InlineData("#if NEVER\n#!who\n#endif\n1")]
    public void Parse_LinesThatAreText_Stay(string source)
    {
        var cell = CellDirectives.Parse(source);
        Assert.Equal(source, Assert.IsType<CodeStep>(cell.Steps.Single()).Code);
        Assert.Empty(cell.Packages);
        Assert.False(cell.Time);
    }

    [Theory]
    [InlineData("1\n#!python", 2, "UnsupportedDirective", "#!python is not supported")]
    [InlineData("#!connect jupyter", 1, "UnsupportedDirective", "connects to no other")]
    [InlineData("1\n\n#!fsharp\nlet x = 1", 3, "UnsupportedDirective", "fsharp cells are kept but not run")]
    [InlineData("#!pwsh", 1, "UnsupportedDirective", "pwsh cells")]
    [InlineData("#!sql", 1, "UnsupportedDirective", "sql cells")]
    [InlineData("#!who am i", 1, "DirectiveError", "nothing after the name")]
    [InlineData("#i \"elsewhere\"", 1, "DirectiveError", "#i \"nuget:")]
    public void Parse_WhatIsNotOffered_SaysWhichLine(string source, int line, string kind, string message)
    {
        var problem = CellDirectives.Parse(source).Problem!;
        Assert.Equal((line, kind), (problem.Line, problem.Kind));
        Assert.Contains(message, problem.Message);
    }

    [Fact]
    public void Parse_TwoValues_EachKeepsItsText()
    {
        var steps = CellDirectives.Parse("#!value --name a\n1,2\n#!value --name b\n\n3\n\n#!csharp\n\"x\"").Steps;
        Assert.Equal(["1,2", "3"], steps.OfType<MagicStep>().Select(m => m.Text));
        Assert.Equal("\"x\"", Assert.IsType<CodeStep>(steps[2]).Code.Trim());
    }

    [Fact]
    public void Parse_EmptyCell_HasNothingToDo() => Assert.Empty(CellDirectives.Parse(" \n").Steps);
}
