using System.Text;
using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

public class VisibleTextTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("a\nb\tc\r", "a↵b⇥c␍")]
    [InlineData("\0\u001b[31m\u007f", "␀␛[31m␡")]
    [InlineData("\u0085\u200b\u202e\u2028", "⟨U+0085⟩⟨U+200B⟩⟨U+202E⟩⟨U+2028⟩")]
    [InlineData("\uffff\ufffe", "⟨U+FFFF⟩⟨U+FFFE⟩")]
    [InlineData("👩‍🔬 שלום", "👩‍🔬 שלום")]
    [InlineData(null, "")]
    public void Line_WhatCannotBeSeen_IsMarked(string? text, string expected) => Assert.Equal(expected, VisibleText.Line(text));

    [Fact]
    public void Line_LoneSurrogates_AreReplaced() => Assert.Equal("\ufffdx\ufffd", VisibleText.Line("\ud800x\udc00"));

    [Theory]
    [InlineData(" the", "␣the")]
    [InlineData("", "∅")]
    [InlineData("a b", "a␣b")]
    public void Token_Spaces_AreMarked(string text, string expected) => Assert.Equal(expected, VisibleText.Token(text));

    [Theory]
    [InlineData("  a b ", "␣␣a b␣")]
    [InlineData("   ", "␣␣␣")]
    [InlineData("", "")]
    public void Label_SpacesAtTheEnds_AreMarked(string text, string expected) => Assert.Equal(expected, VisibleText.Label(text));

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("日本", 4)]
    [InlineData("e\u0301", 1)]
    [InlineData("😀", 2)]
    [InlineData("█▏␣↵", 4)]
    [InlineData("שלום", 4)]
    public void CellWidth_KnownText_IsCounted(string text, int expected) => Assert.Equal(expected, CellWidth.Of(text));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 5, "abcd…")]
    [InlineData("日本語", 5, "日本…")]
    [InlineData("日本語", 4, "日…")]
    [InlineData("abc", 0, "")]
    public void Truncate_Room_IsKept(string text, int cells, string expected) => Assert.Equal(expected, TextLayout.Truncate(text, cells));

    [Fact]
    public void Wrap_LongWord_IsBroken() => Assert.Equal(["ab cd", "efghi", "jk l"], TextLayout.Wrap("ab cd efghijk l", 5));

    [Fact]
    public void EveryDisplay_HostileText_StaysTextInSvgAndHtml()
    {
        const string Hostile = "</text><script>alert(1)</script>&\"'\u0000\u001b\ud800\u202e😀";
        IDisplay[] displays =
        [
            FeatureChart.Lines(Hostile, [(Hostile, [1f, 0f, -2f])], Hostile),
            FeatureChart.TopDifferences(Hostile, [(Hostile, 1), ("b", -1)], Hostile),
            new Figure(Hostile, [new LineTrace(Hostile, [0], [1], [Hostile]), new LineTrace(Hostile, [0], [1])], new Axis(Hostile, Categories: [Hostile]), new Axis(Hostile)),
            new TokenStrip([Hostile, "b"], [1, 0], 0, Hostile),
            new Table([Hostile], [[Hostile]], Hostile),
            new DisplayStack(Hostile, new Heading(Hostile), new Paragraph(Hostile)),
        ];
        foreach (var display in displays)
        {
            var root = SvgReading.Parse(display.ToSvg());
            Assert.Contains(SvgReading.Texts(root), t => t.Contains("<script>", StringComparison.Ordinal));
            var page = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(display.ToHtml());
            Assert.Empty(page.QuerySelectorAll("script"));
            Assert.Contains("<script>", page.Body!.TextContent, StringComparison.Ordinal);
            Assert.DoesNotContain(display.ToText(), c => char.IsControl(c) && c is not '\n');
            Assert.All(display.ToSvg().EnumerateRunes(), r => Assert.NotEqual(new Rune(0x202E), r));
        }
    }
}
