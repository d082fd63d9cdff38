using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Shapes, views and the bounds of tensors.</summary>
public class TensorTests
{
    private static Tensor Counting(params int[] shape)
    {
        var tensor = Tensor.Zeros(shape);
        for (var i = 0; i < tensor.Length; i++)
            tensor.Span[i] = i;
        return tensor;
    }

    [Fact]
    public void Indexer_LastIndexRunsFastest()
    {
        var t = Counting(2, 3, 4);
        Assert.Equal(23, t[1, 2, 3]);
        Assert.Equal(4, t[0, 1, 0]);
        t[1, 0, 2] = -1;
        Assert.Equal(-1, t.Span[14]);
    }

    [Fact]
    public void Views_ShareMemory_ClonesDoNot()
    {
        var t = Counting(3, 2);
        var clone = t.Clone();
        t[1].Span[0] = 50;
        t.Reshape(6).Span[5] = 60;
        t.Rows(0, 1).Span[1] = 70;
        Assert.Equal([0, 70, 50, 3, 4, 60], t.Memory.ToArray());
        Assert.Equal([0, 1, 2, 3, 4, 5], clone.Memory.ToArray());
        Assert.Equal([2, 2], t.Rows(1, 2).Shape.ToArray());
    }

    [Fact]
    public void Scalar_HasNoDimensionAndOneElement()
    {
        var scalar = new Tensor(new float[] { 4 });
        Assert.Equal(0, scalar.Rank);
        Assert.Equal("Tensor []", scalar.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => scalar[0]);
    }

    [Fact]
    public void Empty_HasRowsOfNothing()
    {
        Assert.Equal(0, Tensor.Zeros(3, 0).Length);
        Assert.Equal(0, Tensor.Zeros(3, 0)[2].Length);
        Assert.Equal(0, Tensor.Zeros(0, 3).Rows(0, 0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Zeros(0, 3)[0]);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(-1, 0)]
    [InlineData(0, 3)]
    [InlineData(0, -1)]
    [InlineData(int.MaxValue, 0)]
    public void Indexer_OutOfRange_IsRefused(int row, int column)
    {
        var t = Counting(2, 3);
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => t[row, column]);
        Assert.Contains("[2, 3]", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => t[row, column] = 1);
    }

    [Fact]
    public void Indexer_WrongNumberOfIndices_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Counting(2, 3)[1, 1, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => Counting(2, 3, 1)[1, 1]);
    }

    [Theory, InlineData(-1, 1), InlineData(0, 4), InlineData(2, 2), InlineData(0, -1), InlineData(3, int.MaxValue)]
    public void Rows_OutOfRange_AreRefused(int start, int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Counting(3, 2).Rows(start, count));

    [Fact]
    public void Constructor_LengthThatDoesNotFit_IsRefused()
    {
        Assert.Contains("[2, 3]", Assert.Throws<ArgumentException>(() => new Tensor(new float[5], 2, 3)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Tensor.Zeros(2, -1));
        Assert.Throws<ArgumentException>(() => Counting(2, 3).Reshape(5));
        Assert.Throws<OverflowException>(() => Tensor.Zeros(1 << 16, 1 << 16));
    }

    [Theory]
    [InlineData("sitten", "kitten|mitten|sitting", "kitten")]
    [InlineData("W_dec", "W_enc|threshold|sparsity", "W_enc")]
    [InlineData("b_dec", "W_enc|b_enc|b_dec", "b_dec")]
    [InlineData("", "long|a|bb", "a")]
    public void NearestName_IsTheFewestChangesAway(string name, string candidates, string nearest) =>
        Assert.Equal(nearest, NearestName.Of(name, candidates.Split('|')));

    [Fact]
    public void NearestName_OfNothing_IsNone() => Assert.Null(NearestName.Of("x", []));
}
