using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Tests.Kernel.Notebooks;

public sealed class ConversionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("featureinterp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Cs_IsAFileThatCSharpTakes()
    {
        var notebook = new Notebook(
            new Cell("markdown", "# T\n\ntext"), new Cell("csharp", "#r \"nuget: A.B, 1.2.3\"\nusing System.Text;\nvar n = 1;"), new Cell("mermaid", "graph */"), new Cell("csharp", "n + 1"));
        Assert.Equal(
            """
            // %% [head]
            #:package A.B@1.2.3
            using System.Text;

            // %% [markdown]
            // # T
            //
            // text

            // %%
            //%% #r "nuget: A.B, 1.2.3"
            //%% using System.Text;
            var n = 1;

            // %% [mermaid]
            /*
            graph *\/
            */

            // %%
            Console.WriteLine(/*%%*/n + 1/*%%*/);

            """.ReplaceLineEndings("\n"),
            NotebookFormat.Write(notebook, ".cs", "n", ".", new()));
    }

    [Fact]
    public void Cs_WithoutMarks_IsOneCellWithItsPackages()
    {
        var cell = CSharpFile.Parse("#!/usr/bin/env dotnet\r\n#:package A.B@1.2.3\r\n#:package C\r\nConsole.WriteLine(1);\r\n", "n").Cells.Single();
        Assert.Equal(("csharp", "#r \"nuget: A.B, 1.2.3\"\n#r \"nuget: C\"\nConsole.WriteLine(1);"), (cell.Kernel, cell.Source));
    }

    [Fact]
    public void Md_ReadsWell()
    {
        var notebook = new Notebook(new Cell("markdown", "# T"), new Cell("markdown", "more"), new Cell("csharp", "var s = \"```\";"), new Cell("markdown", "end"));
        Assert.Equal(
            "<!-- %% notebook -->\n\n# T\n\n<!-- %% [markdown] -->\n\nmore\n\n````csharp %%\nvar s = \"```\";\n````\n\nend\n", NotebookFormat.Write(notebook, ".md", "n", ".", new()));
    }

    [Fact]
    public void Md_OfAnybody_HasACellForEachCSharpFence() => Assert.Equal(
        [("markdown", "# T"), ("csharp", "var a = 1;"), ("markdown", "then\n\n```json\n{}\n```\n\n~~~text\n```csharp\nno\n```\n~~~"), ("csharp", "a")],
        MarkdownFile.Parse("# T\n\n```csharp\nvar a = 1;\n```\n\nthen\n\n```json\n{}\n```\n\n~~~text\n```csharp\nno\n```\n~~~\n```C# title\na\n", "n").Cells.Select(c => (c.Kernel, c.Source)));

    [Fact]
    public void Md_FenceLeftOpen_IsAnError() =>
        Assert.Contains("n.md, line 3", Assert.Throws<NotebookException>(() => MarkdownFile.Parse("<!-- %% notebook -->\n\n```csharp %%\n1\n", "n.md")).Message);

    [Theory]
    [InlineData("// %% {\"id\":5}\n1")]
    [InlineData("// %% {oops}\n1")]
    [InlineData("// %% [head] {\"metadata\":1}\n// %%\n1")]
    public void Cs_BrokenJson_SaysWhere(string text) => Assert.Contains("n.cs, line 1", Assert.Throws<NotebookException>(() => CSharpFile.Parse(text, "n.cs")).Message);

    [Fact]
    public void Losses_AreSaidOnceByKind()
    {
        var losses = new ConversionLosses();
        var cell = new Cell("csharp", "1") { Tags = ["a"], Outputs = [new StreamOutput(StandardStream.Output, "x")], ExecutionCount = 1, Id = "mine" };
        NotebookFormat.Write(new Notebook(cell, cell, new Cell("raw", "kept")), ".dib", "n", ".", losses);
        Assert.Equal(
            ["A .dib has no place for cell ids (2 cells); left out.", "A .dib has no place for execution counts (2 cells); left out.", "A .dib has no place for outputs (2 cells); left out.", "A .dib has no place for tags (2 cells); left out."],
            losses.Sentences(".dib"));
    }

    [Fact]
    public void Dib_OfRawAndForeignCells_DeclaresTheirLanguages()
    {
        var text = NotebookFormat.Write(new Notebook(new Cell("raw", "r"), new Cell("python", "p"), new Cell("fsharp", "#!fsharp\nlet x = 1")), ".dib", "n", ".", new());
        Assert.Equal([("raw", "r"), ("python", "p"), ("fsharp", "let x = 1")], DibFile.Parse(text).Cells.Select(c => (c.Kernel, c.Source)));
    }

    [Fact]
    public void StoredNotebooks_GoThroughEveryFormatUnchanged()
    {
        foreach (var path in Directory.GetFiles(Path.Combine(Repository.Root, "notebooks"), "*.dib"))
        {
            var notebook = NotebookFile.Load(path);
            foreach (var format in (string[])[".cs", ".md", ".ipynb"])
            {
                var file = Path.Combine(_folder, "x" + format);
                File.WriteAllText(file, NotebookFormat.Write(notebook, format, "n", ".", new()));
                Assert.Equal(notebook.Cells.Select(c => (c.Kernel, c.Source)), NotebookFormat.Load(file).Cells.Select(c => (c.Kernel, c.Source)));
            }
        }
    }

    [Fact]
    public void Html_CannotBeReadBack() => Assert.Contains("page", Assert.Throws<NotebookException>(() => NotebookFormat.Load("a.html")).Message);
}
