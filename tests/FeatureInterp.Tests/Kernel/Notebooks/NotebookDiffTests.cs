using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Tests.Kernel.Notebooks;

public class NotebookDiffTests
{
    [Theory]
    [InlineData("loss 1.2345", "loss 1.2352")] // 6e-4 of it
    [InlineData("loss 2.71", "loss 2.72")] // one unit of the last place
    [InlineData("loss 9.99", "loss  10.00")] // and a column one wider
    [InlineData("x -0.00", "x 0.00")]
    [InlineData("x \u22121.50", "x -1.50")]
    [InlineData("p = 1.25e-7", "p = 1.26e-7")]
    [InlineData("12,345.6 tokens", "12,345.7 tokens")]
    [InlineData("a 3.0\n─────\n", "a 3.0\n───────\n\n")]
    [InlineData("reading 1 %\rreading 2 %\rdone\n", "reading 1 %\rdone\n")]
    [InlineData("took 12 ms", "took 318 ms")]
    [InlineData("took 0.9 s", "took 12.5 s")]
    [InlineData("at 1,234.5 tokens/s", "at 987.6 tokens/s")]
    [InlineData("2026-01-02T03:04:05Z", "2027-11-12T13:14:15Z")]
    [InlineData("peak 512.3 MiB", "peak 514.9 MiB")]
    public void Compare_TextWithinTheRules_IsTheSame(string a, string b) => AssertSame(Text(a), Text(b));

    [Theory]
    [InlineData("loss 1.2345", "loss 1.2445", DifferenceKind.Number)] // a third digit
    [InlineData("loss 2.71", "loss 2.73", DifferenceKind.Number)]
    [InlineData("loss 0.5", "loss -0.5", DifferenceKind.Number)]
    [InlineData("12345 tokens", "12346 tokens", DifferenceKind.Number)]
    [InlineData("feature 512", "feature 513", DifferenceKind.Number)]
    [InlineData("1e400 a", "2e400 a", DifferenceKind.Number)]
    [InlineData("gemma2", "gemma3", DifferenceKind.Text)]
    [InlineData("blocks.20.hook", "blocks.21.hook", DifferenceKind.Text)]
    [InlineData("version 1.2.3", "version 1.2.4", DifferenceKind.Text)]
    [InlineData("17c7c7b 2", "17c7c7c 2", DifferenceKind.Text)]
    [InlineData("[1, 2, 3]", "[1, 2]", DifferenceKind.Text)]
    [InlineData("one", "two", DifferenceKind.Text)]
    [InlineData("took 12 ms", "took 12", DifferenceKind.Text)]
    [InlineData("NaN", "0.5", DifferenceKind.Text)]
    [InlineData("a\nb 1.5\nc", "a\nc", DifferenceKind.Lines)]
    public void Compare_TextOutsideThem_IsFound(string a, string b, DifferenceKind kind)
    {
        var difference = Assert.Single(Compare(Text(a), Text(b)).Differences);
        Assert.Equal(kind, difference.Kind);
        Assert.Equal((1, 1, 1, "stdout"), (difference.Place.CellA, difference.Place.CellB, difference.Place.Output, difference.Place.MimeType));
    }

    [Fact]
    public void Compare_Number_SaysWhereAndHowFar()
    {
        var difference = Assert.Single(Compare(Text("a\nb 1.50 c"), Text("a\nb 1.75 c")).Differences);
        Assert.Equal((2, "1.50", "1.75"), (difference.Place.Line, difference.A, difference.B));
        Assert.Equal(0.25, difference.Distance!.Value, 12);
        Assert.Equal(0.01, difference.Allowed!.Value, 12);
    }

    [Fact]
    public void Compare_LostRow_ShowsTheRow()
    {
        var difference = Assert.Single(Compare(Html("<tr><td>a</td><td>1.5</td></tr><tr><td>b</td><td>2.5</td></tr>"), Html("<tr><td>a</td><td>1.5</td></tr>")).Differences);
        Assert.Equal(DifferenceKind.Lines, difference.Kind);
        Assert.Contains("2.5", difference.A);
        Assert.Null(difference.B);
    }

    [Theory]
    [InlineData("<td>1.5000</td>", "<td>1.5009</td>", true)]
    [InlineData("<td>1.5000</td>", "<td>1.5100</td>", false)]
    [InlineData("<td style=\"color:#102030\">x</td>", "<td style=\"color:#112131\">x</td>", true)]
    [InlineData("<td style=\"color:#102030\">x</td>", "<td style=\"color:#1f2030\">x</td>", false)]
    [InlineData("<td>a &gt; b</td>", "<td>a &lt; b</td>", false)]
    [InlineData("<td colspan=\"2\">x</td>", "<td colspan=\"3\">x</td>", false)]
    public void Compare_Html_ReadsNumbersAndColours(string a, string b, bool same) => Assert.Equal(same, Compare(Html(a), Html(b)).Same);

    [Theory]
    [InlineData("<circle cx=\"10.2\" cy=\"5\"/>", "<circle cx=\"10.6\" cy=\"5\"/>", true)]
    [InlineData("<circle cx=\"10.2\" cy=\"5\"/>", "<circle cx=\"10\" cy=\"5.3\"/>", true)]
    [InlineData("<circle cx=\"10.2\" cy=\"5\"/>", "<circle cx=\"11.2\" cy=\"5\"/>", false)] // a moved point
    [InlineData("<path d=\"M1.5-3L4,5\"/>", "<path d=\"M1.5-2.8L4,5\"/>", true)]
    [InlineData("<path d=\"M1.5-3L4,5\"/>", "<path d=\"M1.5-3L4,7\"/>", false)]
    [InlineData("<path d=\"M1 2L3 4\"/>", "<path d=\"M1 2L3 4L5 6\"/>", false)]
    [InlineData("<rect fill-opacity=\"0.30\"/>", "<rect fill-opacity=\"0.31\"/>", true)]
    [InlineData("<rect fill-opacity=\"0.30\"/>", "<rect fill-opacity=\"0.35\"/>", false)]
    [InlineData("<g id=\"a1\"/>", "<g id=\"a2\"/>", false)]
    [InlineData("<title>36 \"0\": 0.05407</title>", "<title>36 \"0\": 0.05408</title>", true)]
    [InlineData("<title>36 \"0\": 0.05407</title>", "<title>37 \"0\": 0.05407</title>", false)]
    [InlineData("<circle r=\"1\"/><circle r=\"1\"/>", "<circle r=\"1\"/>", false)]
    [InlineData("<path stroke-width=\"5\" d=\"M1 2V2M3 4V4\"/>", "<path stroke-width=\"5\" d=\"M3.4 4V4M1 2V2\"/>", true)]
    [InlineData("<path stroke-width=\"5\" d=\"M1 2V2M3 4V4\"/>", "<path stroke-width=\"5\" d=\"M1 2V2\"/><path stroke-width=\"6\" d=\"M3 4V4\"/>", true)]
    [InlineData("<path stroke-width=\"5\" d=\"M1 2V2M3 4V4\"/>", "<path stroke-width=\"5\" d=\"M1 2V2\"/><path stroke-width=\"7\" d=\"M3 4V4\"/>", false)]
    [InlineData("<path stroke-width=\"5\" d=\"M1 2V2M3 4V4\"/>", "<path stroke-width=\"5\" d=\"M1 2V2\"/>", false)]
    [InlineData("<path stroke-width=\"5\" d=\"M1 2V2M1 2V2\"/>", "<path stroke-width=\"5\" d=\"M1 2V2\"/>", false)]
    [InlineData("<path stroke-width=\"5\" d=\"M1 2V2M3 4V4\"/>", "<path stroke-width=\"5\" d=\"M1 2V2M3 4.6V4.6\"/>", false)]
    [InlineData("<g><path stroke-width=\"5\" d=\"M1 2V2\"/></g><g></g>", "<g></g><g><path stroke-width=\"5\" d=\"M1 2V2\"/></g>", false)]
    public void Compare_Svg_ReadsCoordinates(string a, string b, bool same) => Assert.Equal(same, Compare(Svg(a), Svg(b)).Same);

    [Theory]
    [InlineData("{\"x\":[1.0001,2],\"t\":\"a\"}", "{\"t\":\"a\",\"x\":[1.0002,2]}", true)]
    [InlineData("{\"x\":[1.0001,2]}", "{\"x\":[1.1001,2]}", false)]
    [InlineData("{\"x\":[1,2]}", "{\"x\":[1,3]}", false)]
    [InlineData("{\"x\":[1,2]}", "{\"x\":[1]}", false)]
    [InlineData("{\"x\":1}", "{\"y\":1}", false)]
    [InlineData("{\"x\":null}", "{\"x\":false}", false)]
    [InlineData("{\"x\":\"p 0.25\"}", "{\"x\":\"p 0.26\"}", true)]
    public void Compare_Json_ReadsNumbers(string a, string b, bool same) =>
        Assert.Equal(same, Compare(Bundle("application/vnd.plotly.v1+json", a), Bundle("application/vnd.plotly.v1+json", b)).Same);

    [Fact]
    public void Compare_JsonNumber_NamesItsPath() =>
        Assert.Equal("$.data[1].y[0]", Assert.Single(Compare(
            Bundle("application/json", "{\"data\":[{},{\"y\":[1.5]}]}"), Bundle("application/json", "{\"data\":[{},{\"y\":[2.5]}]}")).Differences).Place.Path);

    [Fact]
    public void Compare_OutputsAndTypesOnOneSide_AreFound()
    {
        var two = Text("a") with { Outputs = [.. Text("a").Outputs, new ResultOutput(MimeBundle.FromText("1"))] };
        Assert.Equal((DifferenceKind.Output, 2), Found(Text("a"), two));
        Assert.Equal((DifferenceKind.Output, 1), Found(Text("a"), Bundle("text/plain", "a")));
        Assert.Equal((DifferenceKind.Output, 1), Found(Bundle("text/plain", "a"), Html("a")));
        Assert.Equal((DifferenceKind.Bytes, 1), Found(Bundle("image/png", "aaaa"), Bundle("image/png", "aaab")));
        AssertSame(Bundle("image/png", "aaaa"), Bundle("image/png", "aa\naa\n"));

        static (DifferenceKind, int?) Found(Cell a, Cell b) =>
            (Compare(a, b).Differences[0].Kind, Compare(a, b).Differences[0].Place.Output);
    }

    [Fact]
    public void Compare_Error_IsFoundEvenInAVolatileCell()
    {
        var failed = new Cell("csharp", "1") { Tags = ["volatile"], Outputs = [new ErrorOutput("E", "bad", ["E: bad"])] };
        var fine = new Cell("csharp", "1") { Tags = ["volatile"], Outputs = [new StreamOutput(StandardStream.Output, "x")] };
        Assert.Equal("E: bad", Assert.Single(Compare(failed, fine).Differences).A);
        var other = Compare(fine, fine with { Outputs = [new StreamOutput(StandardStream.Output, "y")] });
        Assert.True(other.Same);
        Assert.Equal(1, other.VolatileCells);
    }

    [Fact]
    public void Compare_InsertedCell_DoesNotShiftTheOthers()
    {
        Cell[] cells = [Named("a"), Named("b"), Named("c")];
        var difference = Assert.Single(NotebookDiff.Compare(new Notebook([.. cells]), new Notebook([cells[0], Named("new"), cells[1], cells[2]]), new()).Differences);
        Assert.Equal((DifferenceKind.Cell, (int?)null, (int?)2), (difference.Kind, difference.Place.CellA, difference.Place.CellB));
        difference = Assert.Single(NotebookDiff.Compare(new Notebook([.. cells]), new Notebook([cells[0], Named("changed"), cells[2]]), new()).Differences);
        Assert.Equal((DifferenceKind.Source, (int?)2, (int?)2), (difference.Kind, difference.Place.CellA, difference.Place.CellB));
        Assert.Equal(("b", "changed"), (difference.A, difference.B));
    }

    [Fact]
    public void Compare_ManyDifferences_KeepsSomeAndCountsTheRest()
    {
        var result = Compare(Text(string.Join('\n', Enumerable.Range(0, 500))), Text(string.Join('\n', Enumerable.Range(1, 500))));
        Assert.Equal(NotebookDiff.MaxPerOutput, result.Differences.Length);
        Assert.Equal(300, result.Omitted);
    }

    [Fact]
    public void Report_NamesCellTypeLineBothValuesAndDistance()
    {
        var report = DiffReport.Write(Compare(Text("a\nb 1.50"), Text("a\nb 1.75")), "one.ipynb", "two.ipynb");
        Assert.Contains("cell 1, output 1, stdout, line 2: 0.25 apart, 0.01 allowed\n  - 1.50\n  + 1.75\n", report);
        Assert.Contains("1 differences", report);
        Assert.StartsWith("The same: 1 numbers compared", DiffReport.Write(Compare(Text("1.5"), Text("1.5")), "a", "b"));
    }

    private static void AssertSame(Cell a, Cell b)
    {
        Assert.Empty(Compare(a, b).Differences);
        Assert.Empty(Compare(b, a).Differences);
    }

    private static NotebookDiffResult Compare(Cell a, Cell b) => NotebookDiff.Compare(new Notebook(a), new Notebook(b), new DiffTolerance());

    private static Cell Named(string source) => new("csharp", source);

    private static Cell Text(string text) => new("csharp", "x") { Outputs = [new StreamOutput(StandardStream.Output, text)] };

    private static Cell Html(string html) => Bundle("text/html", html);

    private static Cell Svg(string shapes) => Bundle("image/svg+xml", $"<svg xmlns=\"http://www.w3.org/2000/svg\">{shapes}</svg>");

    private static Cell Bundle(string type, string content) => new("csharp", "x") { Outputs = [new ResultOutput(new MimeBundle([new(type, content)]))] };
}
