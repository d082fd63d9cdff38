using AngleSharp.Html.Parser;
using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

public class DisplayStackTests
{
    [TypeFormatterSource(typeof(DisplayFormatterSource), PreferredMimeTypes = [MimeTypes.Svg, MimeTypes.Text])]
    private sealed record Result(string Name) : IHasDisplay
    {
        public IDisplay ToDisplay() => new DisplayStack(Name, new Paragraph("inner text"));
    }

    private sealed class Foreign : IDisplay
    {
        public string ToSvg() => "<svg/>";

        public string ToText(int width = 100) => "a  b\nfrom elsewhere";

        public string ToHtml() => "<p>elsewhere</p>";

        public IReadOnlyDictionary<string, string> ToMimeBundle() => new Dictionary<string, string>(StringComparer.Ordinal);
    }

    private static DisplayStack Stack() => new("Title",
        new Paragraph("One\ntwo."),
        FeatureChart.TopDifferences("bars", [("x", 1)]),
        new Heading("Section"),
        new Table(["a"], [[7]]),
        new TokenStrip(["tok"]),
        new Result("nested"),
        new Foreign());

    [Fact]
    public void Svg_Parts_FollowOneAnotherWithoutOverlap()
    {
        var root = SvgReading.Parse(Stack().ToSvg());
        var order = new[] { "Title", "One", "two.", "bars", "Section", "a", "7", "tok", "nested", "inner text", "a\u00a0\u00a0b", "from\u00a0elsewhere" };
        var heights = order.Select(t => SvgReading.TextElement(root, t)).Select(t => SvgReading.Offset(t).Y + SvgReading.Number(t, "y")).ToList();
        Assert.Equal(heights.Order(), heights);
        Assert.Equal(heights.Count, heights.Distinct().Count());
        Assert.True(heights[^1] < SvgReading.Number(root, "height"));
    }

    [Fact]
    public void Text_Parts_AreSeparatedByBlankLines()
    {
        var text = Stack().ToText();
        Assert.StartsWith("Title\n─────\n\nOne\ntwo.\n\nbars\n", text, StringComparison.Ordinal);
        Assert.Contains("\n\nnested\n──────\n\ninner text\n\na  b\nfrom elsewhere", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Html_Parts_AreOneFragment()
    {
        var page = new HtmlParser().ParseDocument(Stack().ToHtml());
        Assert.Equal(["Title", "Section", "nested"], page.QuerySelectorAll("h3").Select(h => h.TextContent));
        Assert.Equal(2, page.QuerySelectorAll("svg[viewBox]").Count(s => s.ParentElement!.LocalName is "div"));
        Assert.Single(page.QuerySelectorAll("table"));
        Assert.Empty(page.QuerySelectorAll("script, link, img"));
    }

    [Fact]
    public void Bundle_Kind_SaysWhatToStore()
    {
        Assert.Equal(["image/svg+xml", "text/plain"], Stack().ToMimeBundle().Keys);
        Assert.Equal(["image/svg+xml", "text/plain"], new TokenStrip(["a"]).ToMimeBundle().Keys);
        Assert.Equal(["image/svg+xml", "text/plain"], new Figure("", []).ToMimeBundle().Keys);
        Assert.Equal(["text/html", "text/plain"], new Table(["a"], []).ToMimeBundle().Keys);
    }

    [Fact]
    public void Result_ThatDelegates_IsADisplay()
    {
        var result = new Result("r");
        Assert.Equal(result.ToDisplay().ToSvg(), result.ToSvg());
        Assert.Equal("r\n─\n\ninner text", result.ToText(40));
        Assert.Equal(result.ToHtml(), ((IDisplay)result).ToHtml());
        Assert.Equal(result.ToSvg(), ((IDisplay)result).ToMimeBundle()["image/svg+xml"]);
    }

    [Fact]
    public void Stack_Empty_IsStillValid()
    {
        _ = SvgReading.Parse(new DisplayStack("").ToSvg());
        Assert.Equal("", new DisplayStack("").ToText());
    }

    [Fact]
    public void Paragraph_LongText_Wraps()
    {
        var words = string.Join(' ', Enumerable.Repeat("word", 200));
        Assert.All(new Paragraph(words).ToText(50).Split('\n'), line => Assert.InRange(line.Length, 30, 50));
        Assert.InRange(SvgReading.Texts(SvgReading.Parse(new Paragraph(words).ToSvg())).Count, 5, 20);
    }
}
