using FeatureInterp.Tensors;

namespace FeatureInterp.Models;

/// <summary>
/// A norm's gain and bias as part of the matrix behind it: (x̂·gain + bias)·W + b = x̂·W′ + b′ with W′ = gain·W and b′ = b + bias·W.
/// Behind a layer norm x̂ has mean zero, so that each column's mean over d_model is taken off W′ as well.
/// </summary>
internal static class FoldNorm
{
    /// <summary>W′, [in, out].</summary>
    public static Tensor Into(LinearMap map, NormWeights norm, bool folds)
    {
        var dense = map.Dense();
        if (folds)
            Fold(dense, norm);
        return dense;
    }

    /// <summary>One column of W′, written over the column of W that is given.</summary>
    public static Tensor Into(Tensor column, NormWeights norm, bool folds)
    {
        if (folds)
            Fold(column.Reshape(column.Length, 1), norm);
        return column;
    }

    /// <summary>b′, [out]; zeros where there is no bias at all.</summary>
    public static Tensor Bias(LinearMap map, NormWeights norm, bool folds)
    {
        var bias = map.Bias?.Clone() ?? Tensor.Zeros(map.Outputs);
        if (folds && norm.Bias is { } shift)
            map.Apply(shift.Span, bias.Span);
        return bias;
    }

    private static void Fold(Tensor w, NormWeights norm)
    {
        var (rows, columns) = (w.Shape[0], w.Shape[1]);
        var mean = new double[columns];
        for (var i = 0; i < rows; i++)
        {
            var row = w.Row(i);
            TensorPrimitives.Multiply(row, norm.Gain.Span[i], row);
            for (var j = 0; j < columns; j++)
                mean[j] += row[j];
        }

        if (norm.Bias is null)
            return;
        var shift = Array.ConvertAll(mean, m => (float)(m / rows));
        for (var i = 0; i < rows; i++)
            TensorPrimitives.Subtract(w.Row(i), shift, w.Row(i));
    }
}
