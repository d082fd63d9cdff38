using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Scripting;

public class FormattingTests
{
    public static TheoryData<object?, string> Plain() => new()
    {
        { null, "null" },
        { "two\nlines", "two\nlines" },
        { 1.5, "1.5" },
        { 0.1f, "0.1" },
        { true, "true" },
        { DayOfWeek.Monday, "Monday" },
        { (1, "a"), "(1, \"a\")" },
        { new[] { 1, 2, 3 }, "[1, 2, 3]" },
        { Array.Empty<int>(), "[]" },
        { new[] { "a", null }, "[\"a\", null]" },
        { new[] { new[] { 1 }, [2, 3] }, "[[1], [2, 3]]" },
        { new Point(1, 2), "Point { X = 1, Y = 2 }" },
        { new { A = 1, B = "x" }, "{ A = 1, B = x }" },
        { new Plain1(), "Plain1 { Name = \"n\", Inner = Point { X = 3, Y = 4 }, Broken = \"(InvalidOperationException)\" }" },
        { typeof(Dictionary<string, int[]>), "Dictionary<String, Int32[]>" },
        { new InvalidOperationException("why"), "InvalidOperationException: why" },
        { new TimeSpan(0, 0, 3), "00:00:03" },
    };

    [Theory, MemberData(nameof(Plain), DisableDiscoveryEnumeration = true)]
    public void Format_OrdinaryValue_IsReadableText(object? value, string text)
    {
        var bundle = ValueFormatter.Format(value);
        Assert.Equal(text, bundle.PlainText);
        Assert.Equal(["text/plain"], bundle.Items.Keys);
    }

    [Fact]
    public void Format_LongSequence_ShowsAHundredAndCounts()
    {
        var text = ValueFormatter.Format(Enumerable.Range(0, 1000).ToArray()).PlainText!;
        Assert.Contains("… 900 more", text);
        Assert.All(text.Split('\n'), l => Assert.True(l.Length <= 101));
    }

    [Fact]
    public void Format_EndlessSequence_Ends() => Assert.EndsWith("…]", ValueFormatter.Format(Endless()).PlainText);

    [Fact]
    public void Format_Records_AreATable()
    {
        var bundle = ValueFormatter.Format(new List<Row> { new("first", 1.5, 10), new("<b>", 20, -3) });
        Assert.Equal("Name   Value  Count\n─────  ─────  ─────\nfirst    1.5     10\n<b>       20     -3", bundle.PlainText);
        Assert.Contains("<th>Name</th>", bundle.Items["text/html"]);
        Assert.Contains("&lt;b&gt;", bundle.Items["text/html"]);
        Assert.DoesNotContain("<style", bundle.Items["text/html"]);
    }

    [Fact]
    public void Format_DictionaryAndTuples_AreTables()
    {
        Assert.Equal("Key  Value\n───  ─────\na        1", ValueFormatter.Format(new Dictionary<string, int> { ["a"] = 1 }).PlainText);
        Assert.StartsWith("Item1  Item2", ValueFormatter.Format(new[] { (1, "x") }).PlainText);
    }

    [Fact]
    public void Format_ManyRows_SaysHowManyMore() =>
        Assert.EndsWith("… 60 more rows", ValueFormatter.Format(Enumerable.Range(0, 100).Select(i => new Point(i, i)).ToList()).PlainText);

    [Fact]
    public void Format_ConventionAttribute_GivesEveryPreferredTypeAndText()
    {
        var bundle = ValueFormatter.Format(new Chart("t"));
        Assert.Equal(["image/svg+xml", "text/plain"], bundle.Items.Keys);
        Assert.Equal("<svg xmlns=\"http://www.w3.org/2000/svg\"><title>t</title></svg>", bundle.Items["image/svg+xml"]);
        Assert.Equal("chart of t", bundle.PlainText);
    }

    [Fact]
    public void Format_ConventionAttributeOnABase_CountsForTheDerived() =>
        Assert.Contains("image/svg+xml", ValueFormatter.Format(new BarChart("t")).Items.Keys);

    [Fact]
    public void Format_ChartInARecord_ShowsItsText() =>
        Assert.Contains("chart of t", ValueFormatter.Format(new[] { new Holder(1, new Chart("t")) }).PlainText);

    [Fact]
    public void Format_ListOfCharts_UsesTheirText() =>
        Assert.Equal("[chart of a, chart of b]", ValueFormatter.Format(new[] { new Chart("a"), new Chart("b") }).PlainText);

    [Fact]
    public void Format_ThrowingFormatter_SaysSoAndKeepsTheRest()
    {
        var bundle = ValueFormatter.Format(new Thrower());
        Assert.Equal(["text/plain"], bundle.Items.Keys);
        Assert.Equal("fine\n(image/svg+xml could not be made by the formatter of Thrower: InvalidOperationException: no ink)", bundle.PlainText);
    }

    [Fact]
    public void Format_DecliningFormatter_FallsBackToText()
    {
        var bundle = ValueFormatter.Format(new Decliner());
        Assert.Equal(["text/plain"], bundle.Items.Keys);
        Assert.Matches("Decliner.*Four.*4", bundle.PlainText!.ReplaceLineEndings(" "));
    }

    [Fact]
    public void Format_BrokenJson_IsLeftOutWithANote()
    {
        var bundle = ValueFormatter.Format(new Chart("t"), "application/vnd.plotly.v1+json");
        Assert.Equal(["text/plain"], bundle.Items.Keys);
        Assert.Contains("application/vnd.plotly.v1+json could not be made by the formatter of Chart", bundle.PlainText);
    }

    [Fact]
    public void Format_ThrowingToString_IsToldNotThrown() => Assert.Contains("no words", ValueFormatter.Format(new Wordless()).PlainText);

    [Fact]
    public void Format_GiganticText_IsCutWithANote()
    {
        var text = ValueFormatter.Format(new string('x', ValueFormatter.MaxText + 5)).PlainText!;
        Assert.EndsWith("… 5 more characters not stored", text);
        Assert.InRange(text.Length, ValueFormatter.MaxText, ValueFormatter.MaxText + 100);
    }

    [Fact]
    public void Format_GiganticPicture_IsLeftOutWithANote()
    {
        var bundle = ValueFormatter.Format(new Chart(new string('x', ValueFormatter.MaxRich)));
        Assert.DoesNotContain("image/svg+xml", bundle.Items.Keys);
        Assert.Matches(@"\n\(image/svg\+xml left out: [0-9]+ characters, at most [0-9]+ are stored\)$", bundle.PlainText![^200..]);
    }

    [Fact]
    public async Task Register_InACell_IsUsedForThatTypeInLaterCells()
    {
        var cells = new Cells();
        await cells.ValueAsync("using Microsoft.DotNet.Interactive.Formatting;\nclass Mine { }\nFormatter.Register<Mine>(m => \"<i>mine</i>\", \"text/html\");");
        Assert.Equal("<i>mine</i>", (await cells.RunAsync("new Mine()")).Value!.Items["text/html"]);
    }

    [Fact]
    public async Task RunCell_ConventionTypeOfAnotherAssembly_IsDrawn()
    {
        var value = (await new Cells().RunAsync($"new {typeof(Chart).FullName}(\"cell\")")).Value!;
        Assert.Contains("<title>cell</title>", value.Items["image/svg+xml"]);
    }

    private static IEnumerable<int> Endless()
    {
        while (true)
            yield return 1;
    }

    private sealed record Point(int X, int Y);

    private sealed record Row(string Name, double Value, int Count);

    private sealed record Holder(int Index, Chart Chart);

    private sealed class Plain1
    {
        public string Name => "n";

        public Point Inner => new(3, 4);

        public int Broken => throw new InvalidOperationException();
    }

    private sealed class Wordless
    {
        public override string ToString() => throw new InvalidOperationException("no words");
    }
}
