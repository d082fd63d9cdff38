using FeatureInterp.Analysis;
using FsCheck;
using FsCheck.Fluent;
using MathNet.Numerics.LinearAlgebra;

namespace FeatureInterp.Tests;

/// <summary>Components found from coefficients, against the singular values of the whole matrix of vectors.</summary>
public class PrincipalComponentsTests
{
    private static double[][] Draw(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, columns).Select(_ => random.NextDouble() * 2 - 1).ToArray())];
    }

    private static double[] Scatter(double[][] acts)
    {
        var sums = CooccurrenceSums.Of(acts[0].Length);
        foreach (var a in acts)
            sums.Add(a, [.. Enumerable.Range(0, a.Length).Where(f => a[f] != 0)]);
        return sums.Scatter;
    }

    // Centred vectors, [n, d], with their singular values.
    private static (Matrix<double> Vectors, double[] Variances) Whole(double[][] acts, double[][] generators)
    {
        var vectors = Matrix<double>.Build.DenseOfRowArrays(acts) * Matrix<double>.Build.DenseOfRowArrays(generators);
        var mean = vectors.ColumnSums() / vectors.RowCount;
        var centred = Matrix<double>.Build.Dense(vectors.RowCount, vectors.ColumnCount, (i, j) => vectors[i, j] - mean[j]);
        return (centred, [.. centred.Svd().S.Select(s => s * s / (acts.Length - 1))]);
    }

    [Theory]
    [InlineData(40, 5, 12)]
    [InlineData(40, 12, 5)]      // more generators than dimensions
    [InlineData(4, 9, 20)]       // more generators than vectors
    [InlineData(200, 1, 7)]
    [InlineData(30, 6, 1)]
    [InlineData(2, 3, 8)]
    public void Of_RandomVectors_EqualsTheSingularValuesOfAllOfThem(int n, int k, int d)
    {
        var (acts, generators) = (Draw(n, k, seed: n + k), Draw(k, d, seed: d));
        var (vectors, variances) = Whole(acts, generators);
        var (total, axes) = PrincipalComponents.Of(generators, Scatter(acts), n, 16);

        Assert.Equal(variances.Sum(), total, 1e-9);
        var wanted = variances.Where(v => v > 1e-9).ToArray();
        Assert.Equal(wanted.Length, axes.Length);
        for (var i = 0; i < wanted.Length; i++)
        {
            Assert.Equal(wanted[i], axes[i].Variance, 1e-9);
            // What makes it that component, whatever made it: the vectors vary that much along it, and not together with another.
            var along = vectors * Vector<double>.Build.Dense(axes[i].Direction);
            Assert.Equal(wanted[i], along * along / (n - 1), 1e-9);
            for (var j = 0; j < i; j++)
                Assert.Equal(0, along * (vectors * Vector<double>.Build.Dense(axes[j].Direction)), 1e-8);
            for (var f = 0; f < k; f++)
                Assert.Equal(generators[f].Zip(axes[i].Direction, (w, c) => w * c).Sum(), axes[i].Loadings[f], 1e-12);
        }
    }

    [Fact]
    public void Of_Any_AxesAreOrthonormalAndTheirLargestEntryIsPositive() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(60).WithQuietOnSuccess(true),
        Prop.ForAll(Gen.Choose(2, 30).ToArbitrary(), Gen.Choose(1, 8).ToArbitrary(), Gen.Choose(1, 1000).ToArbitrary(), (n, k, seed) =>
        {
            var (_, axes) = PrincipalComponents.Of(Draw(k, 9, seed), Scatter(Draw(n, k, seed + 1)), n, 16);
            for (var i = 0; i < axes.Length; i++)
            {
                Assert.True(axes[i].Direction.MaxBy(Math.Abs) > 0);
                for (var j = 0; j <= i; j++)
                    Assert.Equal(i == j ? 1 : 0, axes[i].Direction.Zip(axes[j].Direction, (a, b) => a * b).Sum(), 1e-10);
                Assert.True(i == 0 || axes[i].Variance <= axes[i - 1].Variance);
            }
        }));

    [Fact]
    public void Of_TurnedGenerators_TurnsTheAxes()
    {
        // A turn by a right angle in each pair of dimensions: (a, b) becomes (-b, a).
        double[] Turn(double[] v) => [.. v.Select((_, i) => i % 2 == 0 ? -v[i + 1] : v[i - 1])];
        var (acts, generators) = (Draw(50, 4, 1), Draw(4, 8, 2));
        var (total, axes) = PrincipalComponents.Of(generators, Scatter(acts), 50, 3);
        var (turnedTotal, turned) = PrincipalComponents.Of(Array.ConvertAll(generators, Turn), Scatter(acts), 50, 3);
        Assert.Equal(total, turnedTotal, 1e-10);
        for (var i = 0; i < 3; i++)
        {
            var wanted = Turn(axes[i].Direction);
            var sign = Math.Sign(wanted.MaxBy(Math.Abs));
            Assert.Equal(axes[i].Variance, turned[i].Variance, 1e-10);
            for (var j = 0; j < 8; j++)
                Assert.Equal(sign * wanted[j], turned[i].Direction[j], 1e-9);
        }
    }

    [Fact]
    public void Of_DependentGenerators_HasNoMoreAxesThanDirections()
    {
        var generators = Draw(2, 10, 3);
        double[][] four = [generators[0], [.. generators[0].Select(v => -2 * v)], generators[1], new double[10]];
        var acts = Draw(30, 4, 4);
        var (_, axes) = PrincipalComponents.Of(four, Scatter(acts), 30, 16);
        Assert.Equal(2, axes.Length);
        Assert.Equal(Whole(acts, four).Variances[1], axes[1].Variance, 1e-9);
    }

    [Fact]
    public void Of_NothingToSpread_HasNone()
    {
        var generators = Draw(3, 6, 5);
        Assert.Empty(PrincipalComponents.Of(generators, Scatter(Draw(1, 3, 6)), 1, 3).Axes);
        Assert.Empty(PrincipalComponents.Of(generators, Scatter([[0.1, 0.7, 0], [0.1, 0.7, 0], [0.1, 0.7, 0]]), 3, 3).Axes);
        Assert.Empty(PrincipalComponents.Of([new double[6], new double[6]], Scatter(Draw(9, 2, 7)), 9, 3).Axes);
        Assert.Empty(PrincipalComponents.Of(generators, new double[9], 0, 3).Axes);
        // All vectors on one line, though three features make it.
        Assert.Single(PrincipalComponents.Of(generators, Scatter([[1, 2, 3], [2, 4, 6], [0.5, 1, 1.5]]), 3, 3).Axes);
    }
}
