namespace FeatureInterp.Tests.Kernel.Scripting.Magics;

public class SetShareValueTests
{
    [Theory]
    [InlineData("https://example.org", "String", "https://example.org")]
    [InlineData("\"one two\"", "String", "one two")]
    [InlineData("\"5\"", "String", "5")]
    [InlineData("5", "Int32", "5")]
    [InlineData("-5000000000", "Int64", "-5000000000")]
    [InlineData("2.5e3", "Double", "2500")]
    [InlineData("1.2.3", "String", "1.2.3")]
    [InlineData("007", "String", "007")]
    [InlineData("true", "Boolean", "true")]
    [InlineData("False", "String", "False")]
    [InlineData("{\"a\": [1, 2]}", "JsonDocument", "{\"a\": [1, 2]}")]
    public async Task Set_Literal_HasTheTypeItLooksLike(string written, string type, string text)
    {
        var cells = new Cells();
        Assert.Equal(type, await cells.ValueAsync($"#!set --name x --value {written}\nx.GetType().Name"));
        Assert.Equal(text, await cells.ValueAsync("x"));
        Assert.Equal(type, cells.Session.Variables.Single().Type.Name);
    }

    [Fact]
    public async Task Set_FromAVariable_IsThatVersionOfIt()
    {
        var cells = new Cells();
        await cells.ValueAsync("var list = new List<int> { 1 };\n#!set --value @csharp:list --name same");
        Assert.Equal("[1, 2]", await cells.ValueAsync("list.Add(2);\nsame"));
    }

    [Fact]
    public async Task Set_AskingForText_TakesTheAnswer()
    {
        var cells = new Cells();
        cells.Answers.Enqueue("Ada");
        cells.Answers.Enqueue("Alan");
        Assert.Equal("AdaAlan", await cells.ValueAsync("#!set --name a --value @input:\"Your name?\"\n#!set --name b --value @input:{\"prompt\": \"And yours?\"}\na + b"));
        Assert.Equal([("Your name?", false), ("And yours?", false)], cells.Asked);
    }

    [Fact]
    public async Task Set_AskingForAPassword_HidesIt()
    {
        var cells = new Cells();
        cells.Answers.Enqueue("s3cret");
        Assert.Equal("********", await cells.ValueAsync("#!set --name p --value @password:Token\np"));
        Assert.Equal([("Token", true)], cells.Asked);
        Assert.Equal("6", await cells.ValueAsync("p.GetClearTextPassword().Length"));
        await cells.ValueAsync("#!whos");
        Assert.DoesNotContain("s3cret", string.Concat(cells.Displays.SelectMany(d => d.Data.Items.Values)));
    }

    [Fact]
    public async Task Set_NobodyToAsk_SaysSo()
    {
        var error = await new Cells().ErrorAsync("1\n#!set --name a --value @input:x");
        Assert.Equal("nobody to ask", error.Message);
        Assert.StartsWith("cell 1, line 2:", error.Traceback[0]);
    }

    [Theory]
    [InlineData("#!set --value 1", "needs a name and a value")]
    [InlineData("#!set --name x", "needs a name and a value")]
    [InlineData("#!set --name 1x --value 1", "'1x' is not a name")]
    [InlineData("#!set --name x --value @csharp:y", "no C# variable 'y'")]
    [InlineData("#!set --name x --value @fsharp:y", "Nothing can be shared from 'fsharp'")]
    [InlineData("#!set --name x --value @value:y", "#!value keeps nothing named 'y'")]
    [InlineData("#!share x", "needs a variable and where it comes from")]
    [InlineData("#!share --from csharp", "needs a variable and where it comes from")]
    [InlineData("#!share x --from javascript", "Nothing can be shared from 'javascript'")]
    [InlineData("#!value\ntext", "needs a name")]
    [InlineData("#!value --name x --from-file missing.txt", "could not read")]
    [InlineData("#!value --name x --from-url https://example.org", "nothing is fetched unasked")]
    [InlineData("#!value --name x --from-file a --from-value b", "leave one out")]
    public async Task Wrong_IsOneSentence(string code, string message)
    {
        var error = await new Cells().ErrorAsync(code);
        Assert.Equal("DirectiveError", error.Name);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public async Task Set_ReservedWord_IsStillAVariable() => Assert.Equal("1", await new Cells().ValueAsync("#!set --name class --value 1\n@class"));

    [Fact]
    public async Task Share_UnderAnotherName_IsTheSameObject()
    {
        var cells = new Cells();
        Assert.Equal("true", await cells.ValueAsync("var a = new object();\n#!share --from csharp a --as b\nobject.ReferenceEquals(a, b)"));
        Assert.Null(await cells.ValueAsync("#!share a --from csharp"));
    }

    [Fact]
    public async Task Value_TextBelow_NeedsNoEscapingAndIsShared()
    {
        var cells = new Cells();
        Assert.Equal("name,\"quoted\"\n#!time", await cells.ValueAsync("#!value --name csv\nname,\"quoted\"\n#!time\n#!csharp\n#!share csv --from value --as text\ntext"));
        Assert.Equal("20", await cells.ValueAsync("#!set --name again --value @value:csv\nagain.Length"));
    }

    [Fact]
    public async Task Value_FromAFileAndAVariable_IsItsText()
    {
        var folder = Directory.CreateTempSubdirectory("featureinterp-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "a.json"), "{\"é\":1}");
        var cells = new Cells(folder);
        Assert.Equal("{\"é\":1}", await cells.ValueAsync("#!value --name j --from-file a.json --mime-type application/json\n#!share j --from value\nj"));
        Assert.Equal("{\"é\":1}", cells.Displays.Single().Data.Items["application/json"]);
        Assert.Equal("[1, 2]", await cells.ValueAsync("var list = new[] { 1, 2 };\n#!value --name k --from-value @csharp:list\n#!share k --from value\nk"));
    }
}
