namespace FeatureInterp.Tests.Kernel.Scripting;

public class DisplayTests
{
    [Fact]
    public async Task Display_ThenUpdateInALaterCell_NamesTheSameDisplay()
    {
        var cells = new Cells();
        await cells.ValueAsync("var d = display(\"one\");");
        await cells.ValueAsync("d.Update(\"two\");");
        Assert.Equal("one", cells.Displays.Single().Data.PlainText);
        Assert.Equal("two", cells.Updates.Single().Data.PlainText);
        Assert.Equal(cells.Displays.Single().Id, cells.Updates.Single().Id);
    }

    [Fact]
    public async Task Display_Twice_GivesDifferentIds()
    {
        var cells = new Cells();
        await cells.ValueAsync("display(1); 2.Display(); \"x\".DisplayAs(\"text/plain\");");
        Assert.Equal(3, cells.Displays.Select(d => d.Id).Distinct().Count());
        Assert.Equal(["1", "2", "x"], cells.Displays.Select(d => d.Data.PlainText!));
    }

    [Fact]
    public async Task Html_Returned_HasHtmlAndItsWords()
    {
        var value = (await new Cells().RunAsync("HTML(\"<b>bold</b> move\")")).Value!;
        Assert.Equal("<b>bold</b> move", value.Items["text/html"]);
        Assert.Equal("bold move", value.PlainText);
    }

    [Fact]
    public async Task Display_FromATaskThatOutlivesAnAwait_FindsItsCell()
    {
        var cells = new Cells();
        await cells.ValueAsync("await Task.WhenAll(Enumerable.Range(0, 3).Select(async i => { await Task.Delay(i); display(i); }));");
        Assert.Equal(3, cells.Displays.Count);
    }

    [Fact]
    public async Task ClearOutput_TellsTheSink()
    {
        var cells = new Cells();
        await cells.ValueAsync("ClearOutput(wait: true); ClearOutput(); Kernel.ClearOutput(true);");
        Assert.Equal([true, false, true], cells.Clears);
    }

    [Fact]
    public async Task OldNamespaces_Compile()
    {
        var cells = new Cells();
        Assert.Equal("1", await cells.ValueAsync("using Microsoft.DotNet.Interactive;\nusing static Microsoft.DotNet.Interactive.Kernel;\nusing Microsoft.DotNet.Interactive.Formatting;\nusing static Microsoft.DotNet.Interactive.Formatting.PocketViewTags;\nDisplayedValue d = Kernel.display(0); d.Update(1); display(2); 1.Display(); 1"));
        var value = (await cells.RunAsync("div[@class: \"c\"](h1(\"A & B\"), p(\"text\"))")).Value!;
        Assert.Equal("<div class=\"c\"><h1>A &amp; B</h1><p>text</p></div>", value.Items["text/html"]);
        Assert.Equal("A & B\ntext", value.PlainText!.Replace("\n\n", "\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DisplayTable_GivesHtmlTextAndTableSchema()
    {
        var cells = new Cells();
        await cells.ValueAsync("new[] { new { Name = \"Ada\", Born = 1815 }, new { Name = \"Alan\", Born = 1912 } }.DisplayTable();");
        var data = cells.Displays.Single().Data;
        Assert.Equal(["application/table-schema+json", "text/html", "text/plain"], data.Items.Keys);
        Assert.Equal("Name  Born\n────  ────\nAda   1815\nAlan  1912", data.PlainText);
        Assert.Contains("<th>Born</th>", data.Items["text/html"]);
        var rows = System.Text.Json.JsonDocument.Parse(data.Items["application/table-schema+json"]).RootElement.GetProperty("data");
        Assert.Equal([1815, 1912], rows.EnumerateArray().Select(r => r.GetProperty("Born").GetInt32()));
    }

    [Fact]
    public async Task TabularData_ReturnedFromACell_IsATable()
    {
        var value = (await new Cells().RunAsync("using Microsoft.DotNet.Interactive.Formatting.TabularData;\nnew[] { new { A = 1, B = \"x\" } }.ToTabularDataResource()")).Value!;
        Assert.Contains("application/table-schema+json", value.Items.Keys);
        Assert.Contains("<th>B</th>", value.Items["text/html"]);
    }
}
