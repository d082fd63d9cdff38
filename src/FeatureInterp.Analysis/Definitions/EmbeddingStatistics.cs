using System.Runtime.CompilerServices;
using FeatureInterp.Models;

namespace FeatureInterp.Analysis;

/// <summary>
/// Where the rows of a model's embedding matrix lie, as the checkpoint has them, special tokens included: their centroid, how far they are from it, and the
/// directions in which they differ most. Computed in double precision when first asked for, once for a model.
/// </summary>
public sealed class EmbeddingStatistics
{
    private static readonly ConditionalWeakTable<Transformer, EmbeddingStatistics> Known = [];

    private readonly EmbeddingMatrix _matrix;
    private readonly double[] _centroid;
    private readonly double _variance;
    private readonly Lock _gate = new();
    private IReadOnlyList<EmbeddingComponent> _components = [];
    private bool _areAll;

    private EmbeddingStatistics(EmbeddingMatrix matrix)
    {
        _matrix = matrix;
        var d = matrix.Width;
        _centroid = EmbeddingPass.Sum(matrix, d, (_, row, sum) => TensorPrimitives.Add(sum, row, sum));
        TensorPrimitives.Divide(_centroid, matrix.Count, _centroid);
        var sums = EmbeddingPass.Sum(matrix, 3, (_, row, sum) =>
        {
            sum[0] += TensorPrimitives.Norm<double>(row);
            var distance = TensorPrimitives.Distance<double>(row, _centroid);
            sum[1] += distance;
            sum[2] += distance * distance;
        });
        (MeanNorm, MeanDistanceToCentroid) = (sums[0] / matrix.Count, sums[1] / matrix.Count);
        _variance = sums[2] / Math.Max(1, matrix.Count - 1);
    }

    /// <summary>The mean row, [d_model].</summary>
    public IReadOnlyList<double> Centroid => _centroid;

    /// <summary>The mean of ‖row‖.</summary>
    public double MeanNorm { get; }

    /// <summary>The mean of ‖row − centroid‖: how far from the centroid a usual token is.</summary>
    public double MeanDistanceToCentroid { get; }

    /// <summary>The statistics of a model's embedding matrix.</summary>
    /// <param name="model">The model.</param>
    public static EmbeddingStatistics Of(Transformer model) => Known.GetValue(model, m => new EmbeddingStatistics(m.Embedding));

    /// <summary>
    /// The first principal components: right singular vectors of the centred rows, by falling variance, each with the sign that makes its entry of largest size
    /// positive (scikit-learn's convention). Each pass over the matrix costs as much as reading it; a real model takes some dozens, once.
    /// </summary>
    /// <param name="count">How many, from 0 to 16.</param>
    /// <exception cref="AnalysisException">Not so many can be computed, or the rows vary in fewer directions.</exception>
    public IReadOnlyList<EmbeddingComponent> Components(int count)
    {
        if (count is < 0 or > 16)
            throw new AnalysisException($"{count} principal components are asked for; give 0 to 16.");
        lock (_gate)
        {
            if (_components.Count < count && !_areAll)
            {
                var found = SymmetricEigen.Largest(_matrix.Width, count, Covariance);
                _components = [.. found.Select(f => new EmbeddingComponent(Signed(f.Vector), f.Value / _variance))];
                _areAll = _components.Count < count;
            }

            return _components.Count >= count ? [.. _components.Take(count)]
                : throw new AnalysisException($"The embeddings vary in {_components.Count} directions only, but {count} principal components are asked for; ask for fewer.");
        }
    }

    internal double[] CentroidArray => _centroid;

    // Σ (e − μ)·((e − μ)·v) / (n − 1)
    private double[] Covariance(double[] v)
    {
        var sum = EmbeddingPass.Sum(_matrix, v.Length, (_, row, total) =>
        {
            TensorPrimitives.Subtract(row, _centroid, row);
            TensorPrimitives.MultiplyAdd(row, TensorPrimitives.Dot<double>(row, v), total, total);
        });
        TensorPrimitives.Divide(sum, Math.Max(1, _matrix.Count - 1), sum);
        return sum;
    }

    private static double[] Signed(double[] vector)
    {
        if (vector[TensorPrimitives.IndexOfMaxMagnitude<double>(vector)] < 0)
            TensorPrimitives.Negate(vector, vector);
        return vector;
    }
}

/// <summary>One principal component of the embedding rows.</summary>
/// <param name="Vector">Its direction, of length 1, [d_model].</param>
/// <param name="ExplainedVariance">The share of the rows' variance that lies along it, 0 to 1.</param>
public sealed record EmbeddingComponent(IReadOnlyList<double> Vector, double ExplainedVariance);
