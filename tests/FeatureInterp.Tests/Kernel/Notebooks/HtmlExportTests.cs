using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Tests.Kernel.Notebooks;

public sealed class HtmlExportTests : IDisposable
{
    private const string Attack = "<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>go</a>";
    private const string SvgFigure = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\"><style>.a{color:red}</style><clipPath id=\"c\"><rect width=\"5\" height=\"5\"/></clipPath><rect width=\"9\" height=\"9\" clip-path=\"url(#c)\" class=\"a\"><title>feature 7</title></rect></svg>";

    private readonly string _folder = Directory.CreateTempSubdirectory("featureinterp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Hostile() => new(
        Attack,
        "<iframe src='http://x.y'></iframe><object data='http://x.y'></object><embed src='http://x.y'>",
        "<style>@import url(http://x.y/a.css);</style><link rel=stylesheet href='http://x.y/a.css'>",
        "<div style='background:url(http://x.y/a.png)'>a</div><p style='position:fixed'>b</p><img srcset='http://x.y/b.png 2x'>",
        "<svg onload=alert(1)><image href='http://x.y/a.png'/><script>alert(1)</script></svg>",
        "<svg xmlns='http://www.w3.org/2000/svg'><a href='javascript:alert(1)'><text>x</text></a><use href='http://x.y/s.svg#a'/></svg>",
        "<math><mtext><table><mglyph><style><img src onerror=alert(1)></style></mglyph></table></mtext></math>",
        "<form action='http://x.y'><input autofocus onfocus=alert(1)></form><video src='http://x.y'></video>",
        "</div></section></main><meta http-equiv=refresh content='0;url=http://x.y'><base href='http://x.y'>");

    [Theory, MemberData(nameof(Hostile))]
    public void Write_HostileContentAnywhere_LeavesNothingThatRunsOrFetches(string hostile)
    {
        MimeBundle html = new([new("text/html", hostile), new("text/plain", hostile)]);
        MimeBundle svg = new([new("image/svg+xml", hostile), new("text/plain", hostile)]);
        MimeBundle png = new([new("image/png", "\"><script>alert(1)</script>"), new("text/plain", hostile)]);
        var page = Page(
            new Cell("markdown", $"# {hostile}\n\n{hostile}\n\n[a](javascript:alert(1)) ![b](http://x.y/p.png) ![c](file:///etc/passwd)"),
            new Cell("csharp", $"// {hostile}") { Outputs = [new StreamOutput(StandardStream.Output, hostile), new DisplayOutput(html, "1"), new DisplayOutput(svg, "2"), new DisplayOutput(png, "3"), new ResultOutput(MimeBundle.FromText(hostile)), new ErrorOutput("E", hostile, [hostile])] },
            new Cell("javascript", hostile));
        AssertInert(page);
    }

    [Fact]
    public void Write_TextOutputs_AreShownAsTyped()
    {
        var page = Page(new Cell("csharp", "x < 1 && y") { Outputs = [new StreamOutput(StandardStream.Error, Attack), new ResultOutput(MimeBundle.FromText("a <b> & c"))] });
        Assert.Equal(Attack, page.QuerySelector(".stderr pre")!.TextContent);
        Assert.Equal("a <b> & c", page.QuerySelector(".result pre")!.TextContent);
        Assert.Equal("x < 1 && y", page.QuerySelector("details.source pre")!.TextContent);
    }

    [Fact]
    public void Write_Code_KeepsEveryCharacter()
    {
        const string source = "#r \"a.dll\"\nusing System; // note\nvar s = $\"a{1 + 2:F1}\\n\" + @\"v\"\"\" + \"\"\"\n  raw <x>\n  \"\"\";\n#if X\nbroken ( code\n#endif\n/* c */ await F(s, 'c', 1.5e3f) §";
        Assert.Equal(source, Page(new Cell("csharp", source)).QuerySelector("details.source pre")!.TextContent);
    }

    [Fact]
    public void Write_Markdown_IsRendered()
    {
        var page = Page(new Cell("markdown", "# The title\n\n| a | b |\n|---|---|\n| 1 | **2** |\n\n- [x] done\n\n$x_1 + y_2$ and <https://example.org>"));
        Assert.Equal("The title", page.Title);
        Assert.Equal("2", page.QuerySelector("td strong")!.TextContent);
        Assert.Equal("x_1 + y_2", page.QuerySelector("p code")!.TextContent);
        Assert.Equal("https://example.org", page.QuerySelector("a")!.GetAttribute("href"));
    }

    [Fact]
    public void Write_LocalPicture_IsEmbedded()
    {
        File.WriteAllBytes(Path.Combine(_folder, "p.png"), [1, 2, 3]);
        Assert.Equal("data:image/png;base64,AQID", Page(new Cell("markdown", "![a](p.png)")).QuerySelector("img")!.GetAttribute("src"));
    }

    [Fact]
    public void Write_PlainSvgTwice_IsInlineWithItsOwnIds()
    {
        MimeBundle figure = new([new("image/svg+xml", SvgFigure), new("text/plain", "a figure")]);
        var page = Page(new Cell("csharp", "1") { Outputs = [new DisplayOutput(figure, "1"), new ResultOutput(figure)] });
        var figures = page.QuerySelectorAll(".output > svg");
        Assert.Equal(2, figures.Length);
        Assert.Equal("feature 7", figures[0].QuerySelector("title")!.TextContent);
        Assert.NotEqual(figures[0].Id, figures[1].Id);
        foreach (var svg in figures)
        {
            Assert.Equal($"url(#{svg.QuerySelector("clipPath")!.Id})", svg.QuerySelector("[clip-path]")!.GetAttribute("clip-path"));
            Assert.StartsWith($"#{svg.Id}{{", svg.QuerySelector("style")!.TextContent);
        }
    }

    [Fact]
    public void Write_SvgWithMoreThanShapes_IsAnImage()
    {
        MimeBundle figure = new([new("image/svg+xml", SvgFigure.Replace("<clipPath", "<script>1</script><clipPath")), new("text/plain", "words")]);
        var image = Page(new Cell("csharp", "1") { Outputs = [new ResultOutput(figure)] }).QuerySelector(".output img")!;
        Assert.StartsWith("data:image/svg+xml;base64,", image.GetAttribute("src"));
        Assert.Equal("words", image.GetAttribute("alt"));
    }

    [Fact]
    public void Write_HtmlTable_IsKept()
    {
        MimeBundle table = new([new("text/html", "<table class='t'><tr><td style=\"text-align: right\">1&nbsp;&lt;</td></tr></table>"), new("text/plain", "1")]);
        var cell = Page(new Cell("csharp", "1") { Outputs = [new ResultOutput(table)] }).QuerySelector(".result td")!;
        Assert.Equal("1\u00A0<", cell.TextContent);
        Assert.Equal("text-align: right", cell.GetAttribute("style"));
    }

    [Fact]
    public void Write_RewrittenProgressLine_ShowsItsEnd() =>
        Assert.Equal("100 %\nnext", Page(new Cell("csharp", "1") { Outputs = [new StreamOutput(StandardStream.Output, "10 %\r50 %\r100 %\r\nnext\n")] }).QuerySelector(".stdout pre")!.TextContent);

    [Fact]
    public void ToPlainText_Html_KeepsWordsAndRows() =>
        Assert.Equal("Head\na b\nc d", SafeHtml.ToPlainText("<style>x{}</style><h1>Head</h1><table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table><script>no</script>"));

    private IDocument Page(params Cell[] cells) =>
        new HtmlParser().ParseDocument(HtmlExport.Write(new Notebook([.. cells]), "n.dib", _folder));

    private static void AssertInert(IDocument page)
    {
        Assert.Empty(page.QuerySelectorAll("script, iframe, object, embed, form, link, base, video, audio, image, foreignObject, animate, set"));
        Assert.Single(page.QuerySelectorAll("meta[http-equiv]"));
        Assert.Contains("default-src 'none'", page.QuerySelector("meta[http-equiv]")!.GetAttribute("content"));
        Assert.Single(page.QuerySelectorAll("main"));
        foreach (var attribute in page.All.SelectMany(e => e.Attributes))
        {
            Assert.False(attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase), attribute.Name);
            if (attribute.Name is "src" or "srcset" or "data" or "xlink:href")
                Assert.StartsWith("data:image/", attribute.Value);
            Assert.DoesNotContain("javascript:", attribute.Name is "href" ? attribute.Value : "");
            Assert.DoesNotContain("url(http", attribute.Name is "alt" ? "" : attribute.Value);
        }

        Assert.DoesNotContain("http", string.Concat(page.QuerySelectorAll("style").Select(s => s.TextContent)));
    }
}
