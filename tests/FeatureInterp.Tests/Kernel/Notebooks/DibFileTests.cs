using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Tests.Kernel.Notebooks;

public class DibFileTests
{
    [Fact]
    public void Parse_MarkedCells_SplitsAndTrimsEmptyLines()
    {
        var notebook = DibFile.Parse("#!csharp\n\n\nvar x = 1;\n\nx\n\n\n#!markdown\n\n# Title\n");
        Assert.Equal([("csharp", "var x = 1;\n\nx"), ("markdown", "# Title")], Cells(notebook));
        Assert.Equal("Title", notebook.Title);
    }

    [Fact]
    public void Parse_WindowsLineEnds_GivesTheSameCells()
    {
        const string text = "#!meta\n\n{\"kernelInfo\":{\"defaultKernelName\":\"csharp\",\"items\":[]}}\n\n#!csharp\n\na\nb\n\n#!md\n\nc\n";
        Assert.Equal(Cells(DibFile.Parse(text)), Cells(DibFile.Parse(text.Replace("\n", "\r\n"))));
        Assert.Equal([("csharp", "a\nb"), ("markdown", "c")], Cells(DibFile.Parse(text.Replace("\n", "\r\n"))));
    }

    [Fact]
    public void Parse_ByteOrderMark_IsNotPartOfTheFirstLine() =>
        Assert.Equal([("markdown", "x")], Cells(DibFile.Parse("\uFEFF#!markdown\nx")));

    [Theory]
    [InlineData("#!markdown ")]
    [InlineData(" #!markdown")]
    [InlineData("#!Markdown")]
    [InlineData("#!time")]
    [InlineData("#!python")]
    public void Parse_LineThatIsNotExactlyAMark_StaysText(string line) =>
        Assert.Equal([("csharp", $"a\n{line}\nb")], Cells(DibFile.Parse($"#!csharp\na\n{line}\nb")));

    [Theory]
    [InlineData("c#", "csharp")]
    [InlineData("C#", "csharp")]
    [InlineData("f#", "fsharp")]
    [InlineData("powershell", "pwsh")]
    [InlineData("js", "javascript")]
    [InlineData("md", "markdown")]
    [InlineData("mermaid", "mermaid")]
    public void Parse_KnownAlias_GivesItsLanguage(string alias, string kernel) =>
        Assert.Equal([(kernel, "x")], Cells(DibFile.Parse($"#!{alias}\nx")));

    [Theory]
    [InlineData("")]
    [InlineData("\n\n\r\n")]
    [InlineData("#!csharp\n\n#!markdown\n\n")]
    public void Parse_NoCells_GivesOneEmptyCell(string text) =>
        Assert.Equal([("csharp", "")], Cells(DibFile.Parse(text)));

    [Fact]
    public void Parse_TextBeforeTheFirstMark_IsInTheDefaultLanguage()
    {
        Assert.Equal([("csharp", "1"), ("markdown", "t")], Cells(DibFile.Parse("1\n#!markdown\nt")));
        Assert.Equal([("fsharp", "1")], Cells(DibFile.Parse("#!meta\n{\"kernelInfo\":{\"defaultKernelName\":\"fsharp\"}}\n#!fsharp\n\n#!time\n#!fsharp\n1").Cells[^1..]));
    }

    [Fact]
    public void Parse_LanguageDeclaredInMeta_StartsCellsAndIsKeptVerbatim()
    {
        const string meta = "{\"kernelInfo\":{\"defaultKernelName\":\"csharp\",\"items\":[{\"aliases\":[\"py\"],\"languageName\":\"python\",\"name\":\"pythonkernel\"}]},\"mine\":{\"a\":[1]}}";
        var notebook = DibFile.Parse($"#!meta\n\n{meta}\n\n#!py\n\nimport os\n\n#!csharp\n\n1\n");
        Assert.Equal([("pythonkernel", "import os"), ("csharp", "1")], Cells(notebook));
        Assert.Equal("python", notebook.Kernels.Single().LanguageName);
        Assert.Contains("\"mine\":{\"a\":[1]}", DibFile.Write(notebook));
    }

    [Theory]
    [InlineData("{not json", "not JSON")]
    [InlineData("{\"kernelInfo\":{", "not JSON")]
    [InlineData("[1]", "another form")]
    [InlineData("{\"kernelInfo\":5}", "another form")]
    [InlineData("{\"kernelInfo\":{\"items\":[{}]}}", "another form")]
    [InlineData("{\"kernelInfo\":{\"items\":[{\"name\":null}]}}", "another form")]
    [InlineData("{\"kernelInfo\":{\"items\":{}}}", "another form")]
    public void Parse_BrokenMeta_SaysWhereAndWhat(string meta, string what)
    {
        var error = Assert.Throws<NotebookException>(() => DibFile.Parse($"#!meta\n{meta}\n#!csharp\n1", "n.dib"));
        Assert.StartsWith("n.dib, line 2", error.Message);
        Assert.Contains(what, error.Message);
    }

    [Fact]
    public void Write_SmallNotebook_IsPolyglotsLayout()
    {
        var text = DibFile.Write(new Notebook(new Cell("markdown", "# T"), new Cell("csharp", "1 + 1")));
        Assert.Equal(
            "#!meta\n\n{\"kernelInfo\":{\"defaultKernelName\":\"csharp\",\"items\":[{\"aliases\":[],\"languageName\":\"csharp\",\"name\":\"csharp\"}]}}\n"
            + "\n#!markdown\n\n# T\n\n#!csharp\n\n1 + 1\n",
            text);
    }

    [Fact]
    public void Write_LineThatWouldSplitTheCell_IsRefused()
    {
        var error = Assert.Throws<NotebookException>(() => DibFile.Write(new Notebook(new Cell("csharp", "var s = \"\"\"\n#!markdown\n\"\"\";"))));
        Assert.Contains("Cell 1", error.Message);
        Assert.Contains("#!markdown", error.Message);
    }

    [Fact]
    public void Write_UndeclaredLanguage_IsRefused() =>
        Assert.Contains("'python'", Assert.Throws<NotebookException>(() => DibFile.Write(new Notebook(new Cell("python", "1")))).Message);

    private static (string, string)[] Cells(Notebook notebook) => Cells(notebook.Cells);

    private static (string, string)[] Cells(IEnumerable<Cell> cells) => [.. cells.Select(c => (c.Kernel, c.Source))];
}
