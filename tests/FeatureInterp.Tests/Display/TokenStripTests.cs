using System.Xml.Linq;
using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

public class TokenStripTests
{
    private static XElement Box(XElement root, string shown) => SvgReading.TextElement(root, shown).Parent!;

    private static bool IsHighlighted(XElement box) => box.Elements(SvgReading.Svg + "rect").Any(r => (string?)r.Attribute("stroke-width") is "2");

    [Fact]
    public void Svg_WhiteSpace_IsVisible()
    {
        var texts = SvgReading.Texts(SvgReading.Parse(new TokenStrip(["Every", " pair", "\n", "\t", "  ", ""]).ToSvg()));
        Assert.Equal(["Every", "␣pair", "↵", "⇥", "␣␣", "∅"], texts);
    }

    [Fact]
    public void Svg_HighlightedToken_AloneIsBoxed()
    {
        var root = SvgReading.Parse(new TokenStrip(["a", "b", "c"], highlight: 1).ToSvg());
        Assert.Equal([false, true, false], new[] { "a", "b", "c" }.Select(t => IsHighlighted(Box(root, t))));
        var frame = Box(root, "b").Elements(SvgReading.Svg + "rect").Last();
        var (left, width) = (SvgReading.Number(frame, "x"), SvgReading.Number(frame, "width"));
        Assert.InRange(SvgReading.Number(SvgReading.TextElement(root, "b"), "x"), left, left + width);
    }

    [Fact]
    public void Svg_Values_SetTheStrengthOfTheBackground()
    {
        var root = SvgReading.Parse(new TokenStrip(["a", "b", "c", "d"], [4, 2, -4, 0]).ToSvg());
        XElement? Fill(string token) => Box(root, token).Elements(SvgReading.Svg + "rect").FirstOrDefault(r => (string?)r.Attribute("fill") is "currentColor");
        Assert.Null(Fill("a")!.Attribute("fill-opacity"));
        Assert.Equal(0.55, SvgReading.Number(Fill("b")!, "fill-opacity"), 2);
        Assert.NotEqual((string?)Fill("a")!.Attribute("class"), (string?)Fill("c")!.Attribute("class"));
        Assert.Contains(Box(root, "c").Elements(SvgReading.Svg + "rect"), r => r.Attribute("stroke-dasharray") is not null);
        Assert.Null(Fill("d"));
        Assert.Contains("1 \"b\": 2", SvgReading.Hovers(root));
    }

    [Fact]
    public void Svg_Tokens_WrapWithinThePanelAndAfterLineEnds()
    {
        var tokens = Enumerable.Range(0, 200).Select(i => i is 5 ? "end\n" : $" word{i}").ToList();
        var root = SvgReading.Parse(new TokenStrip(tokens).ToSvg());
        var boxes = root.Descendants(SvgReading.Svg + "rect").Where(r => r.Parent!.Element(SvgReading.Svg + "title") is not null).ToList();
        Assert.Equal(200, boxes.Count);
        var width = SvgReading.Number(root, "width");
        Assert.All(boxes, b => Assert.True(SvgReading.Offset(b).X + SvgReading.Number(b, "x") + SvgReading.Number(b, "width") <= width));
        Assert.Equal(SvgReading.Number(boxes[0], "x"), SvgReading.Number(boxes[6], "x"));
        Assert.True(SvgReading.Number(boxes[6], "y") > SvgReading.Number(boxes[5], "y"));
    }

    [Fact]
    public void LongPrompt_IsCutAroundHeadTailAndHighlight()
    {
        var tokens = Enumerable.Range(0, 1000).Select(i => $"t{i}").ToList();
        var strip = new TokenStrip(tokens, highlight: 500, maxTokens: 100);
        var texts = SvgReading.Texts(SvgReading.Parse(strip.ToSvg()));
        Assert.Equal(100, texts.Count(t => t.StartsWith('t')));
        Assert.Superset(new HashSet<string> { "t0", "t999", "t500", "t499" }, texts.ToHashSet());
        var text = strip.ToText(80);
        Assert.Contains("[t500]", text, StringComparison.Ordinal);
        var left = System.Text.RegularExpressions.Regex.Matches(text, @"… (\d+) tokens left out …").Select(m => int.Parse(m.Groups[1].Value)).ToList();
        Assert.Equal(2, left.Count);
        Assert.Equal(900, left.Sum());
    }

    [Fact]
    public void TokenCut_AnyHighlight_ShowsItAndNoMoreThanAsked()
    {
        for (var max = 8; max <= 40; max += 4)
        {
            for (var highlight = 0; highlight < 60; highlight++)
            {
                var runs = TokenCut.Runs(60, max, highlight);
                Assert.Contains(runs, r => r.First <= highlight && highlight <= r.Last);
                Assert.InRange(runs.Sum(r => r.Last - r.First + 1), max / 2, max);
                Assert.Equal(0, runs[0].First);
                Assert.Equal(59, runs[^1].Last);
                Assert.All(runs.Zip(runs.Skip(1)), pair => Assert.True(pair.First.Last + 1 < pair.Second.First));
            }
        }
    }

    [Fact]
    public void Text_HighlightAndStrongest_AreTold()
    {
        var text = new TokenStrip(["The", " cat", " sat", "\n", "down"], [0, 1.5f, -3, 0, 2], highlight: 2).ToText(60);
        Assert.Equal(
            """
            The ␣cat [␣sat] ↵
            down
            [␣sat] is token 2 of 0 to 4: -3
            strongest  ␣sat (2) -3, down (4) 2, ␣cat (1) 1.5
            """.ReplaceLineEndings("\n"), text);
    }

    [Fact]
    public void Text_Width_IsKept()
    {
        var tokens = Enumerable.Range(0, 120).Select(i => i % 7 is 0 ? "日本語テキスト" : $" word{i}").ToList();
        foreach (var width in (int[])[20, 33, 80])
            Assert.All(new TokenStrip(tokens, [.. tokens.Select((_, i) => (float)i)], 7).ToText(width).Split('\n'), line => Assert.True(Width(line) <= width, line));

        static int Width(string line) => line.Sum(c => c is >= '\u3000' and < '\ua000' ? 2 : 1);
    }

    [Fact]
    public void Values_NaN_GetNoBackgroundAndAreCounted()
    {
        var strip = new TokenStrip(["a", "b"], [float.NaN, 1]);
        var root = SvgReading.Parse(strip.ToSvg());
        Assert.DoesNotContain(Box(root, "a").Elements(SvgReading.Svg + "rect"), r => (string?)r.Attribute("fill") is "currentColor");
        Assert.Contains("(skipped 1 NaN)", strip.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_AllZero_SaysSo() =>
        Assert.Contains("no token has a value other than zero", new TokenStrip(["a"], [0]).ToText(), StringComparison.Ordinal);

    [Fact]
    public void NoTokens_SaysSo()
    {
        Assert.Equal("no tokens", new TokenStrip([]).ToText());
        Assert.Contains("no tokens", SvgReading.Texts(SvgReading.Parse(new TokenStrip([]).ToSvg())));
    }

    [Fact]
    public void Svg_FullStrip_StaysSmall() =>
        Assert.InRange(new TokenStrip([.. Enumerable.Range(0, 5000).Select(i => $" tok{i}")], [.. Enumerable.Range(0, 5000).Select(i => i % 3 - 1f)]).ToSvg().Length, 1000, 150_000);

    [Fact]
    public void Arguments_ThatDoNotFit_Throw()
    {
        Assert.Contains("2 tokens and 1 values", Assert.Throws<ArgumentException>(() => new TokenStrip(["a", "b"], [1])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenStrip(["a"], highlight: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenStrip(["a"], highlight: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenStrip(["a"], maxTokens: 7));
    }
}
