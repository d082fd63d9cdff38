using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// The products with a batch of few features. Where a batch is not sparse at all, as ReLU's are at the beginning of training, it is written out with its
/// zeros and multiplied as such, which then is faster; the sums are the same but for rounding.
/// </summary>
internal sealed class SparseProducts
{
    // The share of entries from which the dense products win, measured on talegrid-6m's shapes.
    private const double DenseFrom = 0.15;

    private Tensor? _dense;
    private Tensor? _sum;

    /// <summary>y[i,:] += Σ numbers · W[feature,:] over row i's entries.</summary>
    public void AddRows(SparseBatch entries, float[] numbers, TrainingParameter w, Tensor y)
    {
        if (entries.Density < DenseFrom)
        {
            Kernels.SparseMatMul(entries.Starts, entries.Features, numbers, w.Value.Span, w.Value.Shape[1], y.Span);
            return;
        }

        var sum = Room(ref _sum, y.Shape[0], y.Shape[1]);
        Kernels.MatMul(Dense(entries, numbers).Span, w.View, sum.Span);
        Kernels.Add(y.Span, sum.Span, y.Span);
    }

    /// <summary>x[i,:]·W[feature,:] for each entry of row i.</summary>
    public float[] Dots(SparseBatch entries, Tensor x, TrainingParameter w)
    {
        var dots = new float[entries.Count];
        if (entries.Density < DenseFrom)
        {
            Kernels.SparseDots(entries.Starts, entries.Features, x.Span, w.Value.Span, x.Shape[1], dots);
            return dots;
        }

        var all = Room(ref _dense, entries.Rows, entries.DSae);     // [row, d_sae]
        Kernels.Linear(x.Span, w.View, all.Span);
        for (var row = 0; row < entries.Rows; row++)
        {
            var from = all.Row(row);
            for (var e = entries.Starts[row]; e < entries.Starts[row + 1]; e++)
                dots[e] = from[entries.Features[e]];
        }

        return dots;
    }

    /// <summary>gradient[feature,:] += Σ number · x[row,:] over the feature's entries.</summary>
    public void AddOuter(SparseBatch entries, float[] numbers, Tensor x, Tensor gradient)
    {
        if (entries.Density < DenseFrom)
        {
            Kernels.SparseMatMul(entries.ByFeatureStarts, entries.ByFeatureRows, entries.ByFeature(numbers), x.Span, x.Shape[1], gradient.Span);
            return;
        }

        var sum = Room(ref _sum, gradient.Shape[0], gradient.Shape[1]);
        Kernels.MatMulTransposed(Dense(entries, numbers).Span, x.Span, entries.Rows, sum.Span);
        Kernels.Add(gradient.Span, sum.Span, gradient.Span);
    }

    private Tensor Dense(SparseBatch entries, float[] numbers)
    {
        var dense = Room(ref _dense, entries.Rows, entries.DSae);
        dense.Span.Clear();
        for (var row = 0; row < entries.Rows; row++)
        {
            var to = dense.Row(row);
            for (var e = entries.Starts[row]; e < entries.Starts[row + 1]; e++)
                to[entries.Features[e]] = numbers[e];
        }

        return dense;
    }

    private static Tensor Room(ref Tensor? tensor, int rows, int columns)
    {
        if (tensor is null || tensor.Length != rows * columns)
            tensor = Tensor.Uninitialized(rows, columns);
        return tensor.Reshape(rows, columns);
    }
}
