using FeatureInterp.Models;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>Factored products against the same matrices written out.</summary>
public class FactoredMatrixTests
{
    public static TheoryData<int, int, int> Shapes => new() { { 9, 3, 9 }, { 12, 5, 7 }, { 4, 6, 4 }, { 3, 5, 8 }, { 1, 1, 1 }, { 6, 6, 6 } };

    [Theory, MemberData(nameof(Shapes))]
    public void Svd_AnyShape_MultipliesBackAndIsOrthonormal(int rows, int inner, int columns)
    {
        var m = Matrix(rows, inner, columns);
        var (u, s, v) = m.Svd();
        Assert.Equal(Math.Min(rows, Math.Min(inner, columns)), s.Count);
        Assert.Equal(s.OrderDescending(), s);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
                Assert.Equal(Entry(m, i, j), Enumerable.Range(0, s.Count).Sum(r => u[i, r] * s[r] * v[j, r]), 1e-5);
        }

        foreach (var basis in new[] { u, v })
        {
            for (var a = 0; a < s.Count; a++)
            {
                for (var b = 0; b < s.Count; b++)
                    Assert.Equal(a == b ? 1 : 0, Enumerable.Range(0, basis.Shape[0]).Sum(i => (double)basis[i, a] * basis[i, b]), 1e-5);
            }
        }

        Assert.Equal(s, m.SingularValues().Select(x => x), (x, y) => Math.Abs(x - y) < 1e-9);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Norm_AnyShape_IsThatOfTheProduct(int rows, int inner, int columns)
    {
        var m = Matrix(rows, inner, columns);
        double sum = 0;
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
                sum += Entry(m, i, j) * Entry(m, i, j);
        }

        Assert.Equal(Math.Sqrt(sum), m.Norm(), 1e-6);
        Assert.Equal(Math.Sqrt(sum), m.Transpose().Norm(), 1e-6);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Products_AnyShape_AreThoseOfTheMatrix(int rows, int inner, int columns)
    {
        var m = Matrix(rows, inner, columns);
        var (x, even) = (Random(2, rows, 5), m.MakeEven());
        var (written, applied, turned, halves) = (m.AB(), m.Apply(x), m.Transpose().AB(), even.AB());
        for (var j = 0; j < columns; j++)
        {
            for (var i = 0; i < rows; i++)
            {
                Assert.Equal(Entry(m, i, j), written[i, j], 1e-5);
                Assert.Equal(Entry(m, i, j), turned[j, i], 1e-5);
                Assert.Equal(Entry(m, i, j), halves[i, j], 1e-5);
            }

            for (var r = 0; r < 2; r++)
                Assert.Equal(Enumerable.Range(0, rows).Sum(i => x[r, i] * Entry(m, i, j)), applied[r, j], 1e-5);
        }
    }

    [Theory, InlineData(2, 5), InlineData(5, 2)]
    public void Multiply_TwoProducts_KeepsTheSmallerInner(int inner, int otherInner)
    {
        FactoredMatrix left = Matrix(8, inner, 6), right = new(Random(6, otherInner, 8), Random(otherInner, 7, 9));
        var product = left.Multiply(right);
        Assert.Equal(2, product.Inner);
        for (var i = 0; i < 8; i++)
        {
            for (var j = 0; j < 7; j++)
                Assert.Equal(Enumerable.Range(0, 6).Sum(k => Entry(left, i, k) * Entry(right, k, j)), product.AB()[i, j], 1e-5);
        }
    }

    [Fact]
    public void Eigenvalues_AreRootsOfTheCharacteristicPolynomial()
    {
        // Tr(M) = Σ λ and Tr(M²) = Σ λ² say it without computing an eigenvalue; a rotation in two dimensions has a pair off the real line.
        var m = Matrix(7, 4, 7);
        var values = m.Eigenvalues();
        Assert.Equal(4, values.Length);
        var trace = Enumerable.Range(0, 7).Sum(i => Entry(m, i, i));
        var square = Enumerable.Range(0, 7).Sum(i => Enumerable.Range(0, 7).Sum(j => Entry(m, i, j) * Entry(m, j, i)));
        Assert.Equal(trace, values.Aggregate(default(System.Numerics.Complex), (s, v) => s + v).Real, 1e-5);
        Assert.Equal(square, values.Aggregate(default(System.Numerics.Complex), (s, v) => s + v * v).Real, 1e-5);
        var turn = new FactoredMatrix(new Tensor(new float[] { 0, 2, -2, 0 }, 2, 2), new Tensor(new float[] { 1, 0, 0, 1 }, 2, 2)).Eigenvalues();
        Assert.Equal((0, 2.0), (Math.Round(turn[0].Real, 9), Math.Round(turn[0].Imaginary, 9)));
        Assert.Equal(-2, turn[1].Imaginary, 1e-9);
    }

    [Fact]
    public void ShapesOrValuesThatDoNotFit_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new FactoredMatrix(Tensor.Zeros(2, 3), Tensor.Zeros(2, 3)));
        Assert.Throws<ArgumentException>(() => new FactoredMatrix(Tensor.Zeros(2, 0), Tensor.Zeros(0, 3)));
        Assert.Throws<InvalidOperationException>(() => Matrix(3, 2, 4).Eigenvalues());
        Assert.Throws<InvalidOperationException>(() => Matrix(3, 2, 4).BA());
        Assert.Throws<ArgumentException>(() => Matrix(3, 2, 4).Multiply(Matrix(3, 2, 4)));
        var damaged = new FactoredMatrix(new Tensor(new[] { 1, float.NaN }, 2, 1), Tensor.Zeros(1, 2));
        Assert.Contains("NaN", Assert.Throws<ArithmeticException>(() => damaged.SingularValues()).Message, StringComparison.Ordinal);
    }

    private static FactoredMatrix Matrix(int rows, int inner, int columns) => new(Random(rows, inner, 1), Random(inner, columns, 2));

    private static Tensor Random(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        return new Tensor((float[])[.. Enumerable.Range(0, rows * columns).Select(_ => (float)(random.NextDouble() * 2 - 1))], rows, columns);
    }

    private static double Entry(FactoredMatrix m, int i, int j) => Enumerable.Range(0, m.Inner).Sum(k => (double)m.A[i, k] * m.B[k, j]);
}
