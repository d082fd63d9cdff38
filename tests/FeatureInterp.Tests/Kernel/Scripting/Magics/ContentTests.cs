using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Tests.Kernel.Runner;

namespace FeatureInterp.Tests.Kernel.Scripting.Magics;

public class ContentTests
{
    [Fact]
    public async Task Blocks_InACell_AreShownInTheirTypesBetweenTheCode()
    {
        var cells = new Cells();
        Assert.Equal("3", await cells.ValueAsync("display(1);\n#!html\n<b>bold</b> it's\n#!js\nalert(\"x\");\n#!markdown\n# Head\n#!mermaid\ngraph TD; A-->B\n#!csharp\n3"));
        var shown = cells.Displays.Select(d => d.Data).ToList();
        Assert.Equal(
            [["text/plain"], ["text/html", "text/plain"], ["application/javascript", "text/plain"], ["text/markdown", "text/plain"], ["text/html", "text/plain", "text/vnd.mermaid"]],
            shown.Select(b => b.Items.Keys.ToArray()));
        Assert.Equal("<b>bold</b> it's", shown[1].Items["text/html"]);
        Assert.Equal("bold it's", shown[1].PlainText);
        Assert.Equal("alert(\"x\");", shown[2].Items["application/javascript"]);
        Assert.Equal("# Head", shown[3].Items["text/markdown"]);
        Assert.Equal("graph TD; A-->B", shown[4].Items["text/vnd.mermaid"]);
        Assert.Equal("<pre class=\"mermaid\">graph TD; A--&gt;B</pre>", shown[4].Items["text/html"]);
    }

    [Fact]
    public async Task Cells_OfShownLanguages_RunInANotebook()
    {
        var run = await RunnerTests.RunAsync("#!html\n<i>a</i>\n#!javascript\nvar a;\n#!mermaid\ngraph LR; A-->B\n#!csharp\n1");
        Assert.Equal(RunStatus.Completed, run.Status);
        Assert.Equal(["result a", "result var a;", "result graph LR; A-->B", "result 1"], run.Notebook.Cells.Select(c => RunnerTests.Text(c.Outputs.Single())));
        Assert.Contains("text/vnd.mermaid", Assert.IsType<ResultOutput>(run.Notebook.Cells[2].Outputs.Single()).Data.Items.Keys);
    }

    [Fact]
    public async Task Functions_ShowTheSameTypes()
    {
        var cells = new Cells();
        await cells.ValueAsync("Javascript(\"let a;\"); CSS(\"b { color: red }\"); Markdown(\"*m*\");");
        var shown = cells.Displays.Select(d => d.Data).ToList();
        Assert.Equal("let a;", shown[0].Items["application/javascript"]);
        Assert.Contains("b { color: red }", shown[1].Items["text/html"]);
        Assert.StartsWith("<style>", shown[1].Items["text/html"]);
        Assert.Equal("*m*", shown[2].Items["text/markdown"]);
    }
}
