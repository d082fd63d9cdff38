using FeatureInterp.Saes;
using FeatureInterp.Tensors;

namespace FeatureInterp.Tests;

/// <summary>The products with few features and with many, which are computed differently, against plain loops.</summary>
public class SparseProductsTests
{
    private const int Rows = 9;
    private const int DSae = 40;
    private const int Width = 21;

    [Theory, InlineData(0.0), InlineData(0.05), InlineData(0.5), InlineData(1.0)]
    public void Products_AnyDensity_EqualPlainLoops(double share)
    {
        var random = new Random(3);
        var dense = new double[Rows, DSae];
        var (starts, features, values) = (new int[Rows + 1], new List<int>(), new List<float>());
        for (var r = 0; r < Rows; r++)
        {
            for (var f = 0; f < DSae; f++)
            {
                if (random.NextDouble() >= share)
                    continue;
                features.Add(f);
                values.Add(random.NextSingle() - 0.4f);
                dense[r, f] = values[^1];
            }

            starts[r + 1] = features.Count;
        }

        var batch = new SparseBatch(starts, [.. features], [.. values], DSae);
        var w = new TrainingParameter("w", DSae, Width);
        var (x, y, gradient) = (Tensor.Zeros(Rows, Width), Tensor.Zeros(Rows, Width), Tensor.Zeros(DSae, Width));
        foreach (var t in new[] { w.Value, x, y, gradient })
        {
            foreach (ref var v in t.Span)
                v = random.NextSingle() - 0.5f;
        }

        var (firstY, firstGradient) = (y.Clone(), gradient.Clone());
        var products = new SparseProducts();
        products.AddRows(batch, batch.Values, w, y);
        products.AddOuter(batch, batch.Values, x, gradient);
        var dots = products.Dots(batch, x, w);
        for (var d = 0; d < Width; d++)
        {
            for (var r = 0; r < Rows; r++)
                Assert.Equal(firstY[r, d] + Enumerable.Range(0, DSae).Sum(f => dense[r, f] * w.Value[f, d]), y[r, d], 1e-5);
            for (var f = 0; f < DSae; f++)
                Assert.Equal(firstGradient[f, d] + Enumerable.Range(0, Rows).Sum(r => dense[r, f] * x[r, d]), gradient[f, d], 1e-5);
        }

        for (var r = 0; r < Rows; r++)
        {
            for (var e = starts[r]; e < starts[r + 1]; e++)
                Assert.Equal(Enumerable.Range(0, Width).Sum(d => (double)x[r, d] * w.Value[features[e], d]), dots[e], 1e-5);
        }
    }

    [Fact]
    public void Largest_TiesAcrossRows_KeepsTheFirst()
    {
        var batch = new SparseBatch([0, 3, 3, 6], [0, 4, 7, 1, 2, 3], [2, 1, 1, 1, 5, 1e-30f], 8);
        var kept = BatchTopKSelection.Largest(batch, 4, out var smallest);
        Assert.Equal([0, 3, 3, 4], kept.Starts);
        Assert.Equal([0, 4, 7, 2], kept.Features);
        Assert.Equal(1, smallest);
        Assert.Equal(0, BatchTopKSelection.Largest(batch, 0, out _).Count);
        Assert.Equal(6, BatchTopKSelection.Largest(batch, 9, out smallest).Count);
        Assert.Equal(1e-30f, smallest);
    }

    // The limit remembered from another batch must not be seen in what is chosen.
    [Theory, InlineData(1e9f), InlineData(1f), InlineData(0.1f)]
    public void Choice_ALimitFromElsewhere_ChangesNothing(float limit)
    {
        foreach (var kind in new ISaeObjective[] { new BatchTopKTraining { K = 3 }, new TopKTraining { K = 3 } })
        {
            var parameters = new TrainingParameters(kind, Width, DSae);
            parameters.Initialize(0.5, new TrainingRandom(1));
            var x = Tensor.Zeros(Rows, Width);
            var random = new Random(1);
            foreach (ref var v in x.Span)
                v = random.NextSingle();
            var (fresh, used) = (new StepPage(parameters, true, TrainingNormalization.None), new StepPage(parameters, true, TrainingNormalization.None) { LikelyLimit = limit });
            SaeTrainer.Compute(fresh, kind, x, 0, []);
            SaeTrainer.Compute(used, kind, x, 0, []);
            Assert.Equal(fresh.Active!.Features, used.Active!.Features);
            Assert.Equal(fresh.Activations, used.Activations);
            Assert.Equal(3 * Rows, fresh.Active.Count);
        }
    }
}
