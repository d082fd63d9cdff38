using FeatureInterp.Analysis;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

public class ActivationHistogramTests
{
    private static ActivationHistogram Count(IEnumerable<float> values)
    {
        var table = new HistogramTable(3);
        foreach (var v in values)
            table.Add(1, v);
        Assert.Empty(table.Of(0).Counts);
        Assert.Empty(table.Of(2).Counts);
        return table.Of(1);
    }

    // Straight from the definition: try widths from the smallest up, then count.
    private static (double Width, long[] Counts) Wanted(IReadOnlyList<float> values)
    {
        var width = Math.Pow(2, -160);
        while (values.Max() >= 32 * width)
            width *= 2;
        var counts = new long[32];
        foreach (var v in values)
            counts[(int)Math.Floor(v / width)]++;
        return (width, counts[..(Array.FindLastIndex(counts, c => c > 0) + 1)]);
    }

    [Fact]
    public void Add_AnyValuesInAnyOrder_CountsAsTheDefinitionSays()
    {
        Prop.ForAll<(int Mantissa, int Exponent)[]>(parts =>
        {
            float[] values = [.. parts.Select(p => (1 + Math.Abs(p.Mantissa % 1000)) * MathF.Pow(2, p.Exponent % 60))];
            if (values.Length == 0)
                return;
            var (width, counts) = Wanted(values);
            foreach (var order in (IEnumerable<float>[])[values, values.Reverse(), values.Order(), values.OrderDescending()])
            {
                var found = Count(order);
                Assert.Equal(width, found.BinWidth);
                Assert.Equal(counts, found.Counts);
                Assert.Equal(values.Length, found.Total);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(float.Epsilon)]
    [InlineData(float.MaxValue)]
    [InlineData(1f)]
    [InlineData(32f)]
    public void Add_OneValue_FallsIntoTheUpperHalf(float value)
    {
        var found = Count([value]);
        Assert.InRange(found.Counts.Count, 17, 32);
        Assert.InRange(value, (found.Counts.Count - 1) * found.BinWidth, found.Counts.Count * found.BinWidth);
    }

    [Fact]
    public void Add_FarApart_KeepsBoth()
    {
        var found = Count([float.Epsilon, float.MaxValue, float.Epsilon]);
        Assert.Equal(2, found.Counts[0]);
        Assert.Equal(1, found.Counts[^1]);
    }

    [Fact]
    public void Of_NothingCounted_IsEmpty()
    {
        var found = Count([]);
        Assert.Equal((0, 0), (found.BinWidth, found.Total));
    }
}
