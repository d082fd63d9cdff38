using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>
/// The arithmetic a model does, on the processor: spans in, spans out, row-major, lengths checked once. Each operation has a
/// naive twin and one variant per vector width, see <see cref="KernelRegistry"/>. All are safe to call from several threads;
/// large calls spread over <see cref="Workers"/>. Results may be written over an input only where a method says so.
/// </summary>
public static partial class Kernels
{
    internal static IReadOnlyList<KernelOperation> Operations =>
    [
        LinearOperation, LinearRowsOperation, MatMulOperation, MatMulColumnsOperation, AddScaledRowOperation, CopyColumnsOperation,
        AttentionScoresOperation, SoftmaxRowsOperation, AttentionMixOperation, AttentionOperation,
        RmsNormOperation, RmsScaleOperation, LayerNormOperation, CentreRowsOperation, DivideRowsOperation, ScaleRowsOperation, AddToRowsOperation, RopeOperation,
        GeluTanhGradientOperation, GeluErfGradientOperation, SiluGradientOperation, NormGradientOperation, AttentionGradientOperation,
        AddOperation, ExpOperation, GeluTanhOperation, GeluTanhMulOperation, GeluErfOperation, GeluErfMulOperation, SiluMulOperation, SoftCapOperation,
        SoftmaxOperation, LogSumExpOperation, TopKOperation, CollectAboveOperation, MatMulTransposedOperation,
        SparseMatMulOperation, SparseDotsOperation, AdamOperation,
    ];

    private static void CheckLength(int found, long wanted, [CallerArgumentExpression(nameof(found))] string what = "")
    {
        if (found != wanted)
            throw new ArgumentException($"{what} is {found}, the other arguments call for {wanted}.", what);
    }

    private static void CheckRows(int length, int rowLength, string what)
    {
        if (rowLength < 1 || length % rowLength != 0)
            throw new ArgumentException($"{what} has {length} elements, which is not a whole number of rows of {rowLength}.", what);
    }

    private static void CheckElements(Weight w)
    {
        if (w.DType is not (DType.F32 or DType.BF16 or DType.F16) && !w.DType.IsQuantized())
            throw new ArgumentException($"'{w.Name}' holds {w.DType}; this operation reads F32, BF16, F16 and quantised blocks.", nameof(w));
    }

    /// <summary>The number of rows of an input of <paramref name="length"/> elements that meets a weight of <paramref name="inner"/> inputs.</summary>
    private static int RowsOf(int length, int inner, Weight w)
    {
        CheckElements(w);
        if (inner < 1 || length % inner != 0)
            throw new ArgumentException($"The input has {length} elements, which is not a whole number of rows of {inner} as '{w.Name}' [{w.RowCount}, {w.RowLength}] takes them.", nameof(length));
        return length / inner;
    }
}
