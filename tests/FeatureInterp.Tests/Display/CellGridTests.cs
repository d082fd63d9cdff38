using FeatureInterp.Display;

namespace FeatureInterp.Tests.Display;

public class CellGridTests
{
    [Fact]
    public void Compared_OtherAndAbsentCells_AreMarkedAndCounted()
    {
        var grid = new CellGrid([[1, 2, 3], [4, 5], [6]], "found", [[1, 9, 3], [4, 5, 7], [6], [8, 8]]);
        Assert.True(grid.IsMarked(0, 1));
        Assert.False(grid.IsMarked(0, 0));
        Assert.Equal((1, 3), (grid.Differing, grid.Missing));
        Assert.Equal("found\n  1 *2  3\n  4  5\n  6\n1 cell marked as different; 3 cells missing", grid.ToText());
        Assert.Equal((2, 0), (new CellGrid([[1, 2], [3]], compared: [[1]]).Differing, new CellGrid([[1, 2], [3]], compared: [[1]]).Missing));
        Assert.Equal(0, new CellGrid([[1, 2]]).Differing);
    }

    [Fact]
    public void Svg_Cells_CarryNumberColourAndMark()
    {
        var root = SvgReading.Parse(new CellGrid([[0, 3], [3, int.MinValue]], "two", [[0, 3], [4, int.MinValue]]).ToSvg());
        var hovers = SvgReading.Hovers(root);
        Assert.Superset(new HashSet<string> { "row 0, column 0: 0", "row 1, column 0: 3, different" }, hovers.ToHashSet());
        string Fill(string hover) => (string?)root.Descendants(SvgReading.Svg + "g").Single(g => (string?)g.Element(SvgReading.Svg + "title") == hover)
            .Elements(SvgReading.Svg + "rect").First().Attribute("class") ?? "";
        Assert.Equal(Fill("row 0, column 1: 3"), Fill("row 1, column 0: 3, different"));
        Assert.NotEqual(Fill("row 0, column 0: 0"), Fill("row 0, column 1: 3"));
        Assert.Superset(new HashSet<string> { "two", "0", "3" }, SvgReading.Texts(root).ToHashSet());
        var marks = root.Descendants(SvgReading.Svg + "rect").Count(r => (string?)r.Attribute("stroke-width") == "2");
        Assert.Equal(1, marks);
    }

    [Fact]
    public void LargeOrEmpty_IsCutOrSaid()
    {
        int[][] large = [.. Enumerable.Range(0, 90).Select(_ => Enumerable.Range(0, 90).ToArray())];
        var grid = new CellGrid(large);
        Assert.Contains("at most 40 rows and 40 columns", grid.ToText(), StringComparison.Ordinal);
        Assert.All(grid.ToText(60).Split('\n'), line => Assert.InRange(line.Length, 0, 60));
        Assert.Equal(1600, SvgReading.Hovers(SvgReading.Parse(grid.ToSvg())).Count());
        Assert.Contains("no cells", new CellGrid([]).ToText(), StringComparison.Ordinal);
        _ = SvgReading.Parse(new CellGrid([]).ToSvg());
        _ = SvgReading.Parse(new CellGrid([[], []], "empty <rows>").ToSvg());
    }
}
