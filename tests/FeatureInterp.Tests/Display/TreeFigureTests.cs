using System.Xml.Linq;
using FeatureInterp.Display;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Display;

public class TreeFigureTests
{
    private static TreeFigureNode Leaf(string label, double weight = 0.5, string note = "") => new(label, []) { Weight = weight, Note = note };

    private static TreeFigureNode Random(Random random, int depth)
    {
        string[] words = [" a", " small", "dog", "", "\n", "\uFFFD", "\u202E", "<b>", " 犬", "x\u0301", "a very long label that has to be cut somewhere, as nobody can read it"];
        var children = depth == 0 ? 0 : random.Next(4);
        return new(words[random.Next(words.Length)], [.. Enumerable.Range(0, children).Select(_ => Random(random, depth - 1))])
        {
            Weight = random.NextDouble() * 3 - 1,
            Note = random.Next(2) == 0 ? "" : "12.3 %",
        };
    }

    // The boxes with the room of their labels and what stands behind them.
    private static (double Left, double Top, double Right, double Bottom)[] Boxes(XElement root) => [.. root.Descendants(SvgReading.Svg + "rect")
        .Where(r => r.Attribute("fill")!.Value == "currentColor" && r.Parent!.Name.LocalName == "g" && r.Attribute("rx")?.Value == "4")
        .Select(r =>
        {
            var (x, y) = SvgReading.Offset(r);
            double left = x + SvgReading.Number(r, "x"), top = y + SvgReading.Number(r, "y");
            return (left, top, left + SvgReading.Number(r, "width"), top + SvgReading.Number(r, "height"));
        })];

    [Fact]
    public void AnyTree_NoBoxesOverlap_AndTextFits() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100).WithQuietOnSuccess(true), Prop.ForAll(Gen.Choose(0, 1_000_000).ToArbitrary(), seed =>
        {
            var figure = new TreeFigure(Random(new Random(seed), 6), "Title", "note", maxLines: 60);
            foreach (var svg in (string[])[figure.ToSvg(), new DisplayStack("", figure).ToSvg()])
            {
                var root = SvgReading.Parse(svg);
                var boxes = Boxes(root);
                var width = SvgReading.Number(root, "width");
                Assert.NotEmpty(boxes);
                Assert.All(boxes, b => Assert.True(b.Right <= width));
                for (var a = 0; a < boxes.Length; a++)
                {
                    for (var b = 0; b < a; b++)
                        Assert.False(boxes[a].Left < boxes[b].Right && boxes[b].Left < boxes[a].Right && boxes[a].Top < boxes[b].Bottom && boxes[b].Top < boxes[a].Bottom);
                }
            }

            foreach (var columns in (int[])[20, 37, 100])
                Assert.All(figure.ToText(columns).Split('\n'), line => Assert.True(line.EnumerateRunes().Count() <= columns + line.Count(c => c == '\u0301'), line));
        }));

    [Fact]
    public void ToText_FirstAndOnlyChildren_FollowOnTheLine()
    {
        var tree = new TreeFigureNode("ghost", [new(" a", [new(" dog", [Leaf(" that", note: "2 %"), Leaf(".", note: "1 %")])]), Leaf(" the", note: "3 %")]);
        Assert.Equal("Words\nghost\n├─ a dog\n│ ├─ that  2 %\n│ └─.  1 %\n└─ the  3 %\nEnd", new TreeFigure(tree, "Words", "End").ToText());
    }

    [Fact]
    public void ToSvg_FirstChild_StandsOnItsParentsLine()
    {
        var root = SvgReading.Parse(new TreeFigure(new("ghost", [new("first", [Leaf("deep", note: "7 %")]), Leaf("second", 0.1)])).ToSvg());
        double Y(string text) => SvgReading.Number(SvgReading.TextElement(root, text), "y");
        Assert.Equal(Y("ghost"), Y("first"));
        Assert.Equal(Y("ghost"), Y("deep"));
        Assert.True(Y("second") > Y("first"));
        Assert.Contains("7 %", SvgReading.Texts(root));
        double[] widths = [.. root.Descendants(SvgReading.Svg + "g").Where(g => g.Attribute("stroke-width") is not null).Select(g => SvgReading.Number(g, "stroke-width"))];
        Assert.Equal([6, 2, 1], widths);
    }

    [Fact]
    public void TooMuch_IsCountedNotDrawn()
    {
        var chain = Leaf("end");
        for (var i = 0; i < 200; i++)
            chain = new("word", [chain]);
        var inStack = new DisplayStack("", new TreeFigure(chain)).ToSvg();
        Assert.Matches("… 1[0-9][0-9] more", inStack);
        var many = new TreeFigure(new("ghost", [.. Enumerable.Range(0, 30).Select(i => Leaf($"w{i}"))]), maxLines: 10);
        Assert.Contains("… 20 more lines", many.ToSvg());
        Assert.DoesNotContain("w10", many.ToSvg());
        Assert.Contains("… 21 more lines", many.ToText());
        Assert.Throws<ArgumentOutOfRangeException>(() => new TreeFigure(chain, maxLines: 0));
    }
}
