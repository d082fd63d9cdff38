using System.Collections.Immutable;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Tests.Kernel.Notebooks;

public class IpynbFileTests
{
    private static readonly Cell Rich = new("csharp", "// parameters\nvar x = 1;\nx")
    {
        ExecutionCount = 1,
        Outputs =
        [
            new StreamOutput(StandardStream.Output, "a\nb"),
            new StreamOutput(StandardStream.Error, "oops\n"),
            new DisplayOutput(new MimeBundle([new("text/plain", "p"), new("image/svg+xml", "<svg>\n</svg>"), new("application/vnd.plotly.v1+json", "{\"data\":[1]}"), new("image/png", "iVBO\nRw==")]), "1"),
            new ResultOutput(MimeBundle.FromText("1")),
            new ErrorOutput("E", "message", ["E: message", "  at cell 1, line 2"]),
        ],
    };

    [Fact]
    public void Write_EveryKindOfOutput_IsValidNbformat()
    {
        var root = NbformatRules.AssertValid(IpynbFile.Write(new Notebook(new Cell("markdown", "# T\n\ntext"), Rich, new Cell("fsharp", "let x = 1"))));
        var outputs = root["cells"]![1]!["outputs"]!.AsArray();
        Assert.Equal(["stream", "stream", "display_data", "execute_result", "error"], outputs.Select(o => (string)o!["output_type"]!));
        Assert.Equal(1, (int)outputs[2]!["data"]!["application/vnd.plotly.v1+json"]!["data"]![0]!);
        Assert.Equal("iVBO\nRw==", (string)outputs[2]!["data"]!["image/png"]!);
        Assert.Equal("fsharp", (string)root["cells"]![2]!["metadata"]!["polyglot_notebook"]!["kernelName"]!);
        Assert.Equal("parameters", (string)root["cells"]![1]!["metadata"]!["tags"]![0]!);
        Assert.Equal("csharp", (string)root["metadata"]!["polyglot_notebook"]!["kernelInfo"]!["items"]![0]!["name"]!);
    }

    [Fact]
    public void Write_Twice_GivesTheSameBytes()
    {
        var notebook = new Notebook(Rich, new Cell("markdown", "x"));
        Assert.Equal(IpynbFile.Write(notebook), IpynbFile.Write(notebook with { Cells = [.. notebook.Cells] }));
    }

    [Fact]
    public void Write_InsertedCell_LeavesTheOtherIdsAlone()
    {
        string[] Ids(params ImmutableArray<Cell> cells) =>
            [.. NbformatRules.AssertValid(IpynbFile.Write(new Notebook(cells)))["cells"]!.AsArray().Select(c => (string)c!["id"]!)];
        Cell a = new("csharp", "1"), b = new("markdown", "2");
        var before = Ids(a, b);
        var after = Ids(a, new Cell("csharp", "new"), b);
        Assert.Equal(before, (string[])[after[0], after[2]]);
    }

    [Fact]
    public void Write_EqualCells_GetDifferentIds() =>
        NbformatRules.AssertValid(IpynbFile.Write(new Notebook([.. Enumerable.Repeat(new Cell("csharp", "same"), 5)])));

    [Fact]
    public void Write_BadOwnId_IsReplaced() =>
        NbformatRules.AssertValid(IpynbFile.Write(new Notebook(new Cell("csharp", "1") { Id = "not valid!" }, new Cell("csharp", "2") { Id = new string('x', 64) }, new Cell("csharp", "3") { Id = new string('x', 64) })));

    [Fact]
    public void Write_Characters_AreReadableAndComeBack()
    {
        const string text = "é 😀 <b> & \\ud83d \\ \" ' + 日本";
        var ipynb = IpynbFile.Write(new Notebook(new Cell("markdown", text)));
        Assert.Contains("é 😀 <b> &", ipynb);
        Assert.Equal(text, (string)NbformatRules.AssertValid(ipynb)["cells"]![0]!["source"]![0]!);
        Assert.EndsWith("}\n", ipynb);
        Assert.StartsWith("{\n \"cells\": [\n  {\n   \"cell_type\": \"markdown\",", ipynb);
    }

    [Fact]
    public void Write_HalfASurrogatePair_IsStillJson() =>
        NbformatRules.AssertValid(IpynbFile.Write(new Notebook(new Cell("csharp", "1") { Outputs = [new StreamOutput(StandardStream.Output, "a\ud83d b\udc00\0\u001b[31m")] })));

    [Fact]
    public void Write_BrokenJsonPayload_IsKeptAsText()
    {
        var cell = new Cell("csharp", "1") { Outputs = [new ResultOutput(new MimeBundle([new("text/plain", "x"), new("application/json", "{broken")]))], ExecutionCount = 3 };
        var root = NbformatRules.AssertValid(IpynbFile.Write(new Notebook(cell)));
        Assert.Equal("{broken", (string)root["cells"]![0]!["outputs"]![0]!["data"]!["application/json"]!);
        Assert.Equal(3, (int)root["cells"]![0]!["outputs"]![0]!["execution_count"]!);
    }

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("a", new[] { "a" })]
    [InlineData("a\n", new[] { "a\n" })]
    [InlineData("a\n\nb", new[] { "a\n", "\n", "b" })]
    public void Lines_Text_SplitsAfterLineFeeds(string text, string[] lines) =>
        Assert.Equal(lines, IpynbFile.Lines(text).Select(l => (string)l!));
}
