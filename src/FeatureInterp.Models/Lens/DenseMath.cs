using FeatureInterp.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace FeatureInterp.Models;

/// <summary>Products of fp32 arrays on the kernels, and the way to Math.NET's double-precision matrices and back.</summary>
internal static class DenseMath
{
    /// <summary>x·y, [m, n].</summary>
    public static Tensor Multiply(Tensor x, Tensor y)
    {
        if (x.Rank != 2 || y.Rank != 2 || x.Shape[1] != y.Shape[0])
            throw new ArgumentException($"{x} and {y} have no product; give [m, k] and [k, n].", nameof(y));
        var product = Tensor.Zeros(x.Shape[0], y.Shape[1]);
        if (x.Length > 0 && y.Length > 0)
            Kernels.MatMul(x.Span, Weight.FromFloats("right factor", y.Span, y.Shape[0], y.Shape[1]), product.Span);
        return product;
    }

    public static Tensor Transpose(Tensor x)
    {
        int rows = x.Shape[0], columns = x.Shape[1];
        var turned = Tensor.Uninitialized(columns, rows);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
                turned.Span[j * rows + i] = x.Span[i * columns + j];
        }

        return turned;
    }

    public static Matrix<double> ToMatrix(Tensor x)
    {
        if (!TensorPrimitives.IsFiniteAll<float>(x.Span))
            throw new ArithmeticException($"{x} holds NaN or an infinity, so it has no decomposition; is the checkpoint damaged?");
        int rows = x.Shape[0], columns = x.Shape[1];
        var values = new double[x.Length];                      // column by column
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
                values[j * rows + i] = x.Span[i * columns + j];
        }

        return Matrix<double>.Build.Dense(rows, columns, values);
    }

    public static Tensor ToTensor(Matrix<double> m)
    {
        var x = Tensor.Uninitialized(m.RowCount, m.ColumnCount);
        for (var i = 0; i < m.RowCount; i++)
        {
            for (var j = 0; j < m.ColumnCount; j++)
                x.Span[i * m.ColumnCount + j] = (float)m[i, j];
        }

        return x;
    }

    public static Matrix<double> ScaleColumns(Matrix<double> m, double[] factors) =>
        Matrix<double>.Build.Dense(m.RowCount, m.ColumnCount, (i, j) => m[i, j] * factors[j]);

    /// <summary>m = Q·R with R no taller than wide; a matrix that is not taller than wide is its own R.</summary>
    public static (Matrix<double>? Q, Matrix<double> R) ThinQR(Matrix<double> m)
    {
        if (m.RowCount <= m.ColumnCount)
            return (null, m);
        var qr = m.QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin);
        return (qr.Q, qr.R);
    }
}
