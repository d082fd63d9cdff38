namespace FeatureInterp.Tensors;

/// <summary>The naive twins: every formula as it is written, summed in fp64, one thread. Tests measure the fast kernels
/// against them, and <c>FEATUREINTERP_KERNELS=reference</c> runs the whole house on them.</summary>
internal static partial class Reference
{
    /// <summary>y[m,n] = Σ_k x[m,k]·W[n,k].</summary>
    public static void Linear(ReadOnlySpan<float> x, Weight w, Span<float> y)
    {
        int n = w.RowCount, k = w.RowLength, m = y.Length / n;
        var row = new float[k];
        for (var j = 0; j < n; j++)
        {
            w.CopyRow(j, row);
            for (var i = 0; i < m; i++)
            {
                var sum = 0.0;
                for (var p = 0; p < k; p++)
                    sum += (double)x[i * k + p] * row[p];
                y[i * n + j] = (float)sum;
            }
        }
    }

    /// <summary>y[i·pitch + j] = Σ_k x[i,k]·W[j,k].</summary>
    public static void LinearRows(ReadOnlySpan<float> x, Weight w, Span<float> y, int pitch)
    {
        for (var i = 0; i < x.Length / w.RowLength; i++)
            Linear(x.Slice(i * w.RowLength, w.RowLength), w, y.Slice(i * pitch, w.RowCount));
    }

    /// <summary>y[m,n] = Σ_k x[m,k]·W[k,n].</summary>
    public static void MatMul(ReadOnlySpan<float> x, Weight w, Span<float> y)
    {
        int k = w.RowCount, n = w.RowLength, m = y.Length / n;
        var row = new float[n];
        var sums = new double[y.Length];
        for (var p = 0; p < k; p++)
        {
            w.CopyRow(p, row);
            for (var i = 0; i < m; i++)
            {
                for (var j = 0; j < n; j++)
                    sums[i * n + j] += (double)x[i * k + p] * row[j];
            }
        }

        for (var i = 0; i < y.Length; i++)
            y[i] = (float)sums[i];
    }

    /// <summary>y[m,c] = Σ_k x[m,k]·W[k,columns[c]].</summary>
    public static void MatMulColumns(ReadOnlySpan<float> x, Weight w, ReadOnlySpan<int> columns, Span<float> y)
    {
        int k = w.RowCount, n = w.RowLength, m = y.Length / columns.Length;
        var row = new float[n];
        var sums = new double[y.Length];
        for (var p = 0; p < k; p++)
        {
            w.CopyRow(p, row);
            for (var i = 0; i < m; i++)
            {
                for (var c = 0; c < columns.Length; c++)
                    sums[i * columns.Length + c] += (double)x[i * k + p] * row[columns[c]];
            }
        }

        for (var i = 0; i < y.Length; i++)
            y[i] = (float)sums[i];
    }

    /// <summary>y += scale · W[row,:].</summary>
    public static void AddScaledRow(Weight w, int row, float scale, Span<float> y)
    {
        var values = new float[y.Length];
        w.CopyRow(row, values);
        for (var i = 0; i < y.Length; i++)
            y[i] = (float)(y[i] + (double)scale * values[i]);
    }

    /// <summary>rows[c,p] = W[p,columns[c]].</summary>
    public static void CopyColumns(Weight w, ReadOnlySpan<int> columns, Span<float> rows)
    {
        var row = new float[w.RowLength];
        for (var p = 0; p < w.RowCount; p++)
        {
            w.CopyRow(p, row);
            for (var c = 0; c < columns.Length; c++)
                rows[c * w.RowCount + p] = row[columns[c]];
        }
    }
}
