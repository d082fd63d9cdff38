using FeatureInterp.Analysis;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

/// <summary>Grids read out of texts.</summary>
public class GridTextTests
{
    private static readonly Config s_config = Config.QuickThrowOnFailure.WithMaxTest(300).WithQuietOnSuccess(true);

    private static readonly Gen<int[][]> s_grid =
        from rows in Gen.Choose(1, 7)
        from columns in Gen.Choose(1, 7)
        from values in Gen.ArrayOf(Gen.Frequency((5, Gen.Choose(0, 9)), (1, Gen.Choose(-3000, 3000))), rows * columns)
        select values.Chunk(columns).ToArray();

    [Theory]
    [InlineData("5\nnp.array([[1, 2],\n       [3, 4]])", "1,2;3,4", true)]
    [InlineData("array([[1 2]\n [3 4]])", "1,2;3,4", true)]
    [InlineData("[ [ 10 , -2 ] ]", "10,-2", true)]
    [InlineData("[7] then [[1]] and [[2]]", "1", true)]
    [InlineData("[[1, 2], [3]]", "1,2;3", false)]
    [InlineData("5\nnp.array([[1, 2],\n       [3, ", "1,2;3", false)]
    [InlineData("[[1, 2],\n", "1,2", false)]
    [InlineData("[[1, 2, x], [3]]", "1,2", false)]
    [InlineData("[[12x]]", "12", false)]
    [InlineData("[[1], []]", "1", false)]
    [InlineData("[[[1]]]", "1", true)]
    [InlineData("[[99999999999]]", null, false)]
    [InlineData("[[]]", null, false)]
    [InlineData("[[-]]", null, false)]
    [InlineData("[", null, false)]
    [InlineData("[[", null, false)]
    [InlineData("1, 2", null, false)]
    [InlineData("", null, false)]
    public void Find_Text_ReadsAsFarAsItGoes(string text, string? rows, bool isWhole)
    {
        var grid = GridText.Find(text);
        Assert.Equal(rows, grid is null ? null : string.Join(';', grid.Rows.Select(r => string.Join(',', r))));
        Assert.Equal(isWhole, grid?.IsWhole ?? false);
    }

    [Fact]
    public void Find_WrittenGrid_IsReadBack() =>
        Check.One(s_config, Prop.ForAll(s_grid.ToArbitrary(), grid =>
        {
            var found = GridText.Find("5\nnp." + new ArcGrid(grid));
            Assert.True(found!.IsWhole);
            Assert.Equal(grid, found.Rows.Select(r => r.ToArray()));
        }));

    [Fact]
    public void Find_CutText_GivesTheBeginning() =>
        Check.One(s_config, Prop.ForAll(s_grid.ToArbitrary(), Gen.Choose(0, 400).ToArbitrary(), (grid, at) =>
        {
            var text = new ArcGrid(grid).ToString();
            var cut = text[..Math.Min(at, text.Length - 2)];
            if (GridText.Find(cut) is not { } found)
                return;
            Assert.False(found.IsWhole);
            Assert.True(found.Rows.Count <= grid.Length);
            for (var r = 0; r < found.Rows.Count; r++)
            {
                // Only the very last number can be cut in itself.
                var whole = r < found.Rows.Count - 1 ? grid[r].Length : found.Rows[r].Count - 1;
                Assert.Equal(grid[r].Take(whole), found.Rows[r].Take(whole));
            }
        }));

    [Fact]
    public void Find_AnyText_EndsAndStaysBounded() =>
        Check.One(s_config, Prop.ForAll(Gen.ArrayOf(Gen.Elements('[', ']', ',', ' ', '\n', '1', '9', '-', 'x')).Select(c => new string(c)).ToArbitrary(), text =>
        {
            if (GridText.Find(text) is { } grid)
                Assert.All(grid.Rows, r => Assert.InRange(r.Count, 1, 256));
        }));

    [Fact]
    public void Find_HugeGrid_StopsReading()
    {
        var wide = GridText.Find("[[" + string.Join(',', Enumerable.Repeat("1", 5000)) + "]]")!;
        Assert.Equal((256, false), (wide.Rows[0].Count, wide.IsWhole));
        var tall = GridText.Find("[" + string.Join(',', Enumerable.Repeat("[1]", 5000)) + "]")!;
        Assert.Equal((256, false), (tall.Rows.Count, tall.IsWhole));
    }
}
