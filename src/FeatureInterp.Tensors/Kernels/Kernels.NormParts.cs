using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<CentreKernel> CentreRowsOperation = new("centre_rows", Reference.CentreRows,
        RowsSimd<Vector128<float>, Simd128>.CentreRows, RowsSimd<Vector256<float>, Simd256>.CentreRows, RowsSimd<Vector512<float>, Simd512>.CentreRows);
    private static readonly KernelOperation<BinaryKernel> DivideRowsOperation = new("divide_rows", Reference.DivideRows,
        RowsSimd<Vector128<float>, Simd128>.DivideRows, RowsSimd<Vector256<float>, Simd256>.DivideRows, RowsSimd<Vector512<float>, Simd512>.DivideRows);
    private static readonly KernelOperation<ScaleRowsKernel> ScaleRowsOperation = new("scale_rows", Reference.ScaleRows,
        RowsSimd<Vector128<float>, Simd128>.ScaleRows, RowsSimd<Vector256<float>, Simd256>.ScaleRows, RowsSimd<Vector512<float>, Simd512>.ScaleRows);
    private static readonly KernelOperation<BinaryKernel> AddToRowsOperation = new("add_to_rows", Reference.AddToRows,
        RowsSimd<Vector128<float>, Simd128>.AddToRows, RowsSimd<Vector256<float>, Simd256>.AddToRows, RowsSimd<Vector512<float>, Simd512>.AddToRows);

    /// <summary><c>y[r] = x[r] − mean(x[r])</c>, the first part of <see cref="LayerNorm"/>: centring, <see cref="RmsScale"/>,
    /// <see cref="DivideRows"/> and <see cref="ScaleRows"/> in turn give it bit for bit, and without centring <see cref="RmsNorm"/>.</summary>
    /// <param name="x">The rows, shape [rows, length].</param>
    /// <param name="length">The length of a row.</param>
    /// <param name="y">Receives the result, shape [rows, length]; may be <paramref name="x"/> itself.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void CentreRows(ReadOnlySpan<float> x, int length, Span<float> y)
    {
        CheckRows(x.Length, length, nameof(x));
        CheckLength(y.Length, x.Length);
        if (x.Length > 0)
            CentreRowsOperation.Active(x, length, y);
    }

    /// <summary><c>y[r] = x[r] / scales[r]</c>.</summary>
    /// <param name="x">The rows, shape [rows, length].</param>
    /// <param name="scales">One number per row.</param>
    /// <param name="y">Receives the result, shape [rows, length]; may be <paramref name="x"/> itself.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void DivideRows(ReadOnlySpan<float> x, ReadOnlySpan<float> scales, Span<float> y)
    {
        CheckLength(y.Length, x.Length);
        if (x.Length == 0)
            return;
        CheckRows(x.Length, scales.Length, nameof(x));
        DivideRowsOperation.Active(x, scales, y);
    }

    /// <summary><c>y[r] = x[r] · gain + bias</c>, product and sum each rounded.</summary>
    /// <param name="x">The rows, shape [rows, d].</param>
    /// <param name="gain">One factor per column, shape [d].</param>
    /// <param name="bias">One summand per column, shape [d], or empty for none.</param>
    /// <param name="y">Receives the result, shape [rows, d]; may be <paramref name="x"/> itself.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void ScaleRows(ReadOnlySpan<float> x, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, Span<float> y)
    {
        CheckRows(x.Length, gain.Length, nameof(x));
        if (bias.Length > 0)
            CheckLength(bias.Length, gain.Length);
        CheckLength(y.Length, x.Length);
        if (x.Length > 0)
            ScaleRowsOperation.Active(x, gain, bias, y);
    }

    /// <summary><c>y[r] = x[r] + bias</c>.</summary>
    /// <param name="x">The rows, shape [rows, d].</param>
    /// <param name="bias">One summand per column, shape [d].</param>
    /// <param name="y">Receives the result, shape [rows, d]; may be <paramref name="x"/> itself.</param>
    /// <exception cref="ArgumentException">Lengths do not fit.</exception>
    public static void AddToRows(ReadOnlySpan<float> x, ReadOnlySpan<float> bias, Span<float> y)
    {
        CheckRows(x.Length, bias.Length, nameof(x));
        CheckLength(y.Length, x.Length);
        if (x.Length > 0)
            AddToRowsOperation.Active(x, bias, y);
    }
}
