using FeatureInterp.Analysis;
using FeatureInterp.Models;

namespace FeatureInterp.Tests;

/// <summary>Circuits and composition scores of a model with grouped heads, against matrices written out in double.</summary>
public sealed class CircuitsTests : IDisposable
{
    private const int Width = 14;
    private const int HeadDim = 4;

    private readonly TinyModel _tiny = new(new TinyShape { DModel = Width, HeadDim = HeadDim, Layers = 3 });

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Circuits_OfEachHead_AreProductsOfTheFilesMatrices()
    {
        var model = _tiny.Load();
        for (var head = 0; head < 4; head++)
        {
            var (ov, qk) = (Circuits.OV(model, 2, head, WeightProcessing.None), Circuits.QK(model, 2, head, WeightProcessing.None));
            Same(OV(2, head), ov);
            Same(QK(2, head), qk);
        }

        static void Same(double[,] wanted, FactoredMatrix found)
        {
            for (var i = 0; i < Width; i++)
            {
                for (var j = 0; j < Width; j++)
                    Assert.Equal(wanted[i, j], found.AB()[i, j], 1e-5);
            }

            Assert.Equal(Norm(wanted), found.Norm(), 1e-5);
        }
    }

    [Fact]
    public void Circuits_Default_FoldsTheNorm()
    {
        var gain = _tiny["model.layers.1.input_layernorm.weight"];
        var qk = Circuits.QK(_tiny.Load(), 1, 0).AB();
        var plain = QK(1, 0);
        for (var i = 0; i < Width; i++)
        {
            for (var j = 0; j < Width; j++)
                Assert.Equal((1 + gain[i]) * plain[i, j] * (1 + gain[j]), qk[i, j], 1e-5);
        }
    }

    [Theory, InlineData(CompositionMode.Q), InlineData(CompositionMode.K), InlineData(CompositionMode.V)]
    public void CompositionScores_EqualTheNormsOfWholeProducts(CompositionMode mode)
    {
        var result = CompositionScores.Run(_tiny.Load(), mode, WeightProcessing.None);
        for (var (l1, cells) = (0, 0); l1 < 3; l1++)
        {
            for (var l2 = 0; l2 < 3; l2++)
            {
                for (var (h1, h2) = (0, 0); h1 < 4; cells++, h2 = (h2 + 1) % 4, h1 += h2 == 0 ? 1 : 0)
                {
                    var left = OV(l1, h1);
                    var right = mode switch { CompositionMode.Q => QK(l2, h2), CompositionMode.K => Turned(QK(l2, h2)), _ => OV(l2, h2) };
                    var wanted = l1 < l2 ? Norm(Product(left, right)) / Norm(left) / Norm(right) : 0;
                    Assert.Equal(wanted, result.Values[l1, h1, l2, h2], 1e-5);
                }
            }
        }

        var (from, to, score) = result.Top(1)[0];
        Assert.Equal(result.Values.Span.ToArray().Max(), score);
        Assert.Contains($"{from}", result.ToString(), StringComparison.Ordinal);
        Assert.NotEqual(from[1], to[1]);
    }

    [Fact]
    public void CompositionScores_TellProgressAndStop()
    {
        var told = new Told();
        _ = CompositionScores.Run(_tiny.Load(), CompositionMode.V, progress: told);
        Assert.Equal(1, told.Shares[^1]);
        Assert.Equal(told.Shares.Order(), told.Shares);
        Assert.ThrowsAny<OperationCanceledException>(() => CompositionScores.Run(_tiny.Load(), CompositionMode.Q, cancellation: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void HeadsAndLayersThatAreNotThere_AreNamed()
    {
        Assert.Contains("heads 0–3", Assert.Throws<AnalysisException>(() => Circuits.OV(_tiny.Load(), 0, 4)).Message, StringComparison.Ordinal);
        Assert.Contains("layers 0–2", Assert.Throws<HookException>(() => Circuits.QK(_tiny.Load(), 3, 0)).Message, StringComparison.Ordinal);
    }

    // The file has [out, in]; two query heads share one key/value head.
    private double[,] OV(int layer, int head) => Product(Turned(Head(layer, "v_proj", head / 2)), Output(layer, head));

    private double[,] QK(int layer, int head) => Product(Turned(Head(layer, "q_proj", head)), Head(layer, "k_proj", head / 2));

    private double[,] Head(int layer, string name, int head)
    {
        var (file, rows) = (_tiny[$"model.layers.{layer}.self_attn.{name}.weight"], new double[HeadDim, Width]);
        for (var e = 0; e < HeadDim; e++)
        {
            for (var d = 0; d < Width; d++)
                rows[e, d] = file[(head * HeadDim + e) * Width + d];
        }

        return rows;
    }

    private double[,] Output(int layer, int head)
    {
        var (file, rows) = (_tiny[$"model.layers.{layer}.self_attn.o_proj.weight"], new double[HeadDim, Width]);
        for (var e = 0; e < HeadDim; e++)
        {
            for (var d = 0; d < Width; d++)
                rows[e, d] = file[d * 4 * HeadDim + head * HeadDim + e];
        }

        return rows;
    }

    private static double[,] Turned(double[,] m)
    {
        var turned = new double[m.GetLength(1), m.GetLength(0)];
        for (var i = 0; i < m.GetLength(0); i++)
        {
            for (var j = 0; j < m.GetLength(1); j++)
                turned[j, i] = m[i, j];
        }

        return turned;
    }

    private static double[,] Product(double[,] x, double[,] y)
    {
        var product = new double[x.GetLength(0), y.GetLength(1)];
        for (var i = 0; i < x.GetLength(0); i++)
        {
            for (var j = 0; j < y.GetLength(1); j++)
            {
                for (var k = 0; k < y.GetLength(0); k++)
                    product[i, j] += x[i, k] * y[k, j];
            }
        }

        return product;
    }

    private static double Norm(double[,] m) => Math.Sqrt(m.Cast<double>().Sum(v => v * v));
}

/// <summary>Progress that is told on the spot.</summary>
internal sealed class Told : IProgress<double>
{
    public List<double> Shares { get; } = [];

    public void Report(double value) => Shares.Add(value);
}
