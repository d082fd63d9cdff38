namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<CopyColumnsKernel> CopyColumnsOperation = new("copy_columns", Reference.CopyColumns,
        ColumnCopy.CopyColumns, ColumnCopy.CopyColumns, ColumnCopy.CopyColumns);

    /// <summary>
    /// <c>rows[c,p] = W[p,columns[c]]</c>: columns of a weight widened and laid down as rows. Reads nothing of the weight but those
    /// columns; neighbouring columns share cache lines, so ask for many at a time, in ascending order.
    /// </summary>
    /// <param name="w">The weight, shape [k, n], in F32, BF16 or F16.</param>
    /// <param name="columns">The columns wanted, each from 0 to n − 1, repeats allowed.</param>
    /// <param name="rows">Receives them, shape [columns, k].</param>
    /// <exception cref="ArgumentException">Lengths do not fit or the weight's elements are of another type.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The weight has no such column.</exception>
    public static void CopyColumns(Weight w, ReadOnlySpan<int> columns, Span<float> rows)
    {
        if (w.DType is not (DType.F32 or DType.BF16 or DType.F16))
            throw new ArgumentException($"'{w.Name}' holds {w.DType}; columns are copied from F32, BF16 and F16.", nameof(w));
        CheckLength(rows.Length, (long)w.RowCount * columns.Length);
        foreach (var column in columns)
        {
            if ((uint)column >= (uint)w.RowLength)
                throw new ArgumentOutOfRangeException(nameof(columns), $"Column {column} is not in '{w.Name}' [{w.RowCount}, {w.RowLength}].");
        }

        if (rows.Length > 0)
            CopyColumnsOperation.Active(w, columns, rows);
    }
}
