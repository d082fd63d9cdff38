namespace FeatureInterp.Tests.Kernel.Scripting.Magics;

public class ImportTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("featureinterp-").FullName;

    [Fact]
    public async Task Import_Notebook_RunsItsCellsInOrder()
    {
        Write("lib.dib", "#!markdown\n# Not shown\n#!csharp\nvar a = 20;\n\"middle\"\n#!html\n<i>shown</i>\n#!fsharp\nlet x = 1\n#!csharp\nint Twice(int i) => 2 * i;");
        var cells = new Cells(_folder);
        Assert.Equal("42", await cells.ValueAsync("#!import lib.dib\nTwice(a + 1)"));
        Assert.Equal(["middle", "shown"], cells.Displays.Select(d => d.Data.PlainText!));
        Assert.Equal(2, cells.Displays.Select(d => d.Id).Distinct().Count());
    }

    [Fact]
    public async Task Import_Ipynb_RunsItsCells()
    {
        Write("lib.ipynb", """
            {"cells":[{"cell_type":"markdown","metadata":{},"source":["# T"]},
             {"cell_type":"code","execution_count":null,"metadata":{"dotnet_interactive":{"language":"csharp"}},"outputs":[],"source":["var b = 6;\n","var c = 7;"]}],
             "metadata":{"kernelspec":{"display_name":".NET (C#)","language":"C#","name":".net-csharp"}},"nbformat":4,"nbformat_minor":2}
            """);
        Assert.Equal("42", await new Cells(_folder).ValueAsync("#!import \"lib.ipynb\"\nb * c"));
    }

    [Theory]
    [InlineData("a.cs")]
    [InlineData("a file.csx")]
    public async Task Import_CSharpFile_IsOneCell(string name)
    {
        Write(name, "// helpers\r\npublic static class Helper { public static int Six => 6; }\r\nvar seven = 7;");
        Assert.Equal("42", await new Cells(_folder).ValueAsync($"#!import {name}\nHelper.Six * seven"));
    }

    [Fact]
    public async Task Import_FromAnImport_StartsAtItsFolder()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "sub"));
        Write("sub/one.dib", "#!csharp\n#!import two.csx");
        Write("sub/two.csx", "var deep = 42;");
        Assert.Equal("42", await new Cells(_folder).ValueAsync("#!import sub/one.dib\ndeep"));
    }

    [Fact]
    public async Task Import_Cycle_IsRefusedAndNamesTheWay()
    {
        Write("a.dib", "#!csharp\n#!import b.csx");
        Write("b.csx", "#!import a.dib");
        var error = await new Cells(_folder).ErrorAsync("#!import a.dib");
        Assert.Contains("a.dib imports itself: a.dib → b.csx → a.dib", error.Message);
    }

    [Fact]
    public async Task Import_CompileError_NamesFileAndLine()
    {
        Write("bad.cs", "var ok = 1;\n\nint wrong = \"text\";");
        var error = await new Cells(_folder).ErrorAsync("1\n#!import bad.cs");
        Assert.Equal("CompilationError", error.Name);
        Assert.StartsWith("bad.cs, line 3, column 13: error CS0029", error.Traceback[0]);
        Assert.Equal("    int wrong = \"text\";", error.Traceback[1]);
        Assert.Equal("  imported by cell 1", error.Traceback[^1]);
    }

    [Fact]
    public async Task Import_ExceptionLater_NamesFileAndLine()
    {
        Write("lib.dib", "#!csharp\nint First(int[] a)\n{\n    return a[0];\n}");
        var error = await new Cells(_folder).ErrorAsync("#!import lib.dib\nFirst([])");
        Assert.Contains("  at First, lib.dib, cell 1, line 3", error.Traceback);
        Assert.Contains("        return a[0];", error.Traceback);
    }

    [Theory]
    [InlineData("#!import missing.dib", "There is no file")]
    [InlineData("#!import missing.cs", "could not read")]
    [InlineData("#!import a.fsx", "reads .dib, .ipynb, .cs and .csx")]
    [InlineData("#!import", "needs a file")]
    public async Task Import_WhatCannotBeRead_SaysSo(string code, string message)
    {
        var error = await new Cells(_folder).ErrorAsync(code);
        Assert.Contains(message, error.Message);
        Assert.StartsWith("cell 1, line 1:", error.Traceback[0]);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
