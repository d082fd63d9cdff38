using System.Xml.Linq;
using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

public class TokenContextsTests
{
    private static readonly TokenContext[] Two =
    [
        new("9.50", ["Once", " upon", " a", " time", "\n", "there"], 3, [0, 1, 0, 9.5f, 0, -2], "row 4, position 30"),
        new("3", [" hat"], 0, [3]),
    ];

    [Fact]
    public void Text_TokenInQuestion_StandsBetweenBarsUnderOneAnother() => Assert.Equal(
        """
        Where it fires
        9.50          Once upon a| time|↵there
           3                     | hat|
        """.ReplaceLineEndings("\n"), new TokenContexts(Two, "Where it fires").ToText(40));

    [Fact]
    public void Text_LongLines_AreCutAwayFromTheToken()
    {
        var tokens = Enumerable.Range(0, 60).Select(i => $" w{i}").ToList();
        var text = new TokenContexts([new TokenContext("1", tokens, 30)]).ToText(60);
        Assert.Contains("w29| w30| w31", text);
        Assert.DoesNotContain("w0 ", text);
        Assert.Equal(2, text.Count(c => c == '…'));
        Assert.True(text.Length <= 60);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(33)]
    [InlineData(100)]
    public void Text_AnyTokens_KeepTheWidth(int width)
    {
        var odd = new[] { "日本語", "\u202Eabc", "", "👍🏽", new string('x', 200), "\ud800" };
        for (var focus = 0; focus < odd.Length; focus++)
        {
            var text = new TokenContexts([new TokenContext(new string('9', 40), odd, focus)], "t").ToText(width);
            Assert.All(text.Split('\n'), line => Assert.True(CellWidth.Of(line) <= width, line));
        }
    }

    [Fact]
    public void Svg_TokensInQuestion_StandUnderOneAnotherWithAFrame()
    {
        var root = SvgReading.Parse(new TokenContexts(Two).ToSvg());
        XElement Text(string shown) => SvgReading.TextElement(root, shown.Replace(' ', '\u00A0'));
        Assert.Equal(SvgReading.Number(Text(" time"), "x"), SvgReading.Number(Text(" hat"), "x"));
        var frames = root.Descendants(SvgReading.Svg + "rect").Where(r => (string?)r.Attribute("stroke-width") is "1.5").ToList();
        Assert.Equal(2, frames.Count);
        Assert.Contains("row 4, position 30", SvgReading.Hovers(root));
        Assert.Contains("\" upon\": 1", SvgReading.Hovers(root));
        // Text in reading order, without overlap.
        string[] order = ["Once", " upon", " a", " time", "↵", "there"];
        var places = order.Select(t => SvgReading.Number(Text(t), "x")).ToList();
        Assert.Equal(places.Order(), places);
        var width = SvgReading.Number(root, "width");
        Assert.All(places, x => Assert.InRange(x, 0, width));
    }

    [Fact]
    public void Svg_Backgrounds_ShareOneScale()
    {
        var root = SvgReading.Parse(new TokenContexts(Two).ToSvg());
        XElement Fill(string token) => SvgReading.TextElement(root, token.Replace(' ', '\u00A0')).Parent!.Elements(SvgReading.Svg + "rect").First(r => (string?)r.Attribute("fill") is "currentColor");
        Assert.Null(Fill(" time").Attribute("fill-opacity"));
        Assert.Equal(0.1 + 0.9 * 3 / 9.5, SvgReading.Number(Fill(" hat"), "fill-opacity"), 2);
        Assert.NotEqual((string?)Fill(" time").Attribute("class"), (string?)Fill("there").Attribute("class"));
    }

    [Fact]
    public void Svg_LongLines_StayWithinThePanel()
    {
        var tokens = Enumerable.Range(0, 60).Select(i => $" word{i}").ToList();
        var root = SvgReading.Parse(new TokenContexts([new TokenContext("12.34", tokens, 30, [.. tokens.Select((_, i) => i + 1f)])]).ToSvg());
        var width = SvgReading.Number(root, "width");
        foreach (var rect in root.Descendants(SvgReading.Svg + "rect").Where(r => (string?)r.Attribute("fill") is "currentColor"))
            Assert.True(SvgReading.Offset(rect).X + SvgReading.Number(rect, "x") + SvgReading.Number(rect, "width") <= width);
        Assert.Contains(SvgReading.Texts(root), t => t.EndsWith('…'));
    }

    [Fact]
    public void MoreLinesThanShown_AreCounted()
    {
        var contexts = new TokenContexts([.. Enumerable.Range(0, 9).Select(i => new TokenContext($"{i}", ["a"], 0))], maxLines: 4);
        Assert.EndsWith("… 5 more lines", contexts.ToText());
        Assert.Contains("… 5 more lines", SvgReading.Texts(SvgReading.Parse(contexts.ToSvg())));
    }

    [Fact]
    public void NoLines_SaySo()
    {
        Assert.Equal("no places", new TokenContexts([]).ToText());
        Assert.Contains("no places", SvgReading.Texts(SvgReading.Parse(new TokenContexts([]).ToSvg())));
    }

    [Fact]
    public void Arguments_ThatDoNotFit_Throw()
    {
        Assert.Throws<ArgumentException>(() => new TokenContext("", ["a"], 0, [1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenContext("", ["a"], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenContext("", [], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenContexts([], maxLines: 0));
    }
}
