namespace FeatureInterp.Tests.Kernel.Scripting;

public class InputTests
{
    [Fact]
    public async Task ConsoleReadLine_AsksTheSink()
    {
        var cells = new Cells();
        cells.Answers.Enqueue("4");
        cells.Answers.Enqueue("2");
        Assert.Equal("42", await cells.ValueAsync("var a = Console.ReadLine(); var b = await Task.Run(() => Console.In.ReadLine()); a + b"));
        Assert.Equal([("", false), ("", false)], cells.Asked);
    }

    [Fact]
    public async Task ConsoleRead_GivesALineLetterByLetter()
    {
        var cells = new Cells();
        cells.Answers.Enqueue("ab");
        cells.Answers.Enqueue("next");
        Assert.Equal("97 98 10 next", await cells.ValueAsync("var t = $\"{Console.Read()} {Console.Read()} {Console.Read()}\"; t + \" \" + Console.ReadLine()"));
        Assert.Equal(2, cells.Asked.Count);
    }

    [Fact]
    public async Task ConsoleRead_ThenReadLine_GivesTheRestOfTheLine()
    {
        var cells = new Cells();
        cells.Answers.Enqueue("xyz");
        Assert.Equal("120 yz", await cells.ValueAsync("Console.Read() + \" \" + Console.ReadLine()"));
    }

    [Fact]
    public async Task GetInput_AsksWithItsPrompt()
    {
        var cells = new Cells();
        cells.Answers.Enqueue("blue");
        Assert.Equal("blue", await cells.ValueAsync("await GetInputAsync(\"Colour?\")"));
        Assert.Equal([("Colour?", false)], cells.Asked);
    }

    [Fact]
    public async Task GetPassword_HidesTheAnswer()
    {
        var cells = new Cells();
        cells.Answers.Enqueue("hunter2");
        var result = await cells.RunAsync("var p = await GetPasswordAsync(\"Key\"); display(p); Console.Write($\"{p}\"); display(new { Key = p }); display(new[] { p }); p");
        Assert.Equal([("Key", true)], cells.Asked);
        Assert.DoesNotContain("hunter2", cells.Out + string.Concat(cells.Displays.Append(("", result.Value!)).SelectMany(d => d.Item2.Items.Values)));
        Assert.Equal("hunter2", await cells.ValueAsync("p.GetClearTextPassword()"));
    }

    [Theory]
    [InlineData("Console.ReadLine()")]
    [InlineData("await GetInputAsync(\"x\")")]
    public async Task NobodyToAsk_IsTheCellsError(string code) => Assert.Equal("nobody to ask", (await new Cells().ErrorAsync(code)).Message);
}
