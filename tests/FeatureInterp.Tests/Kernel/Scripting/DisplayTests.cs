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
}
