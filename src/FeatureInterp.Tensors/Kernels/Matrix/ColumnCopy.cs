using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>Columns of a weight as rows: row by row of the weight, so that columns beside each other come with one cache line.</summary>
internal static unsafe class ColumnCopy
{
    // Rows of the weight a thread takes at a time: their elements of a column fill whole cache lines of the result.
    private const int RowsAtOnce = 64;
    private const int WorthSpreading = 1 << 14;

    public static void CopyColumns(Weight w, ReadOnlySpan<int> columns, Span<float> rows)
    {
        fixed (int* at = columns)
        fixed (float* y = rows)
        {
            switch (w.DType)
            {
                case DType.F32:
                    Spread<ElementF32>(w, at, columns.Length, y);
                    break;
                case DType.BF16:
                    Spread<ElementBF16>(w, at, columns.Length, y);
                    break;
                default:
                    Spread<ElementF16>(w, at, columns.Length, y);
                    break;
            }
        }

        GC.KeepAlive(w);
    }

    private static void Spread<E>(Weight w, int* columns, int count, float* y)
        where E : struct, IElement
    {
        byte* source = w.Pointer;
        nint stride = w.RowStride;
        int k = w.RowCount;
        if ((long)k * count < WorthSpreading)
        {
            Copy<E>(source, stride, 0, k, columns, count, y, k);
            return;
        }

        Workers.Run((k + RowsAtOnce - 1) / RowsAtOnce, chunk =>
            Copy<E>(source, stride, chunk * RowsAtOnce, Math.Min(k, (chunk + 1) * RowsAtOnce), columns, count, y, k));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy<E>(byte* source, nint stride, int start, int end, int* columns, int count, float* y, nint pitch)
        where E : struct, IElement
    {
        for (var p = start; p < end; p++)
        {
            var row = source + p * stride;
            for (var c = 0; c < count; c++)
                y[c * pitch + p] = E.Load(row + (nint)columns[c] * E.Size);
        }
    }
}
