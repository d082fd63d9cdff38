namespace FeatureInterp.Tensors;

/// <summary>The products with a weight, for one vector width: which path a call takes.</summary>
internal static unsafe class MatrixSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    public static void Linear(ReadOnlySpan<float> x, Weight w, Span<float> y)
    {
        fixed (float* px = x, py = y)
            Multiply(px, new PanelSource(w.Pointer, w.DType, w.RowLength, inputFirst: false), y.Length / w.RowCount, w.RowCount, w.RowLength, py);
        GC.KeepAlive(w);
    }

    public static void LinearRows(ReadOnlySpan<float> x, Weight w, Span<float> y, int pitch)
    {
        int n = w.RowCount, k = w.RowLength, m = x.Length / k;
        fixed (float* px = x, py = y)
        {
            switch (w.DType)
            {
                case DType.F32: RowGroupKernel<V, S>.Multiply<ElementF32>(px, m, w.Pointer, w.RowStride / sizeof(float), n, k, py, pitch); break;
                case DType.BF16: RowGroupKernel<V, S>.Multiply<ElementBF16>(px, m, w.Pointer, w.RowStride / sizeof(ushort), n, k, py, pitch); break;
                case DType.F16: RowGroupKernel<V, S>.Multiply<ElementF16>(px, m, w.Pointer, w.RowStride / sizeof(ushort), n, k, py, pitch); break;
                case DType.Q8_0: ScaledRowGroup<V, S>.Multiply<Q8_0Kernel>(px, m, w.Pointer, n, k, py, pitch); break;
                case DType.Q4_0: ScaledRowGroup<V, S>.Multiply<Q4_0Kernel>(px, m, w.Pointer, n, k, py, pitch); break;
                case DType.Q4_1: ScaledRowGroup<V, S>.Multiply<Q4_1Kernel>(px, m, w.Pointer, n, k, py, pitch); break;
                default:
                    for (var i = 0; i < m; i++)
                        BlockRows<V, S>.Multiply(px + (nint)i * k, new PanelSource(w.Pointer, w.DType, k, inputFirst: false), n, k, py + (nint)i * pitch);
                    break;
            }
        }

        GC.KeepAlive(w);
    }

    public static void MatMul(ReadOnlySpan<float> x, Weight w, Span<float> y)
    {
        fixed (float* px = x, py = y)
            Multiply(px, new PanelSource(w.Pointer, w.DType, w.RowLength, inputFirst: true), y.Length / w.RowLength, w.RowLength, w.RowCount, py);
        GC.KeepAlive(w);
    }

    public static void MatMulColumns(ReadOnlySpan<float> x, Weight w, ReadOnlySpan<int> columns, Span<float> y)
    {
        int n = columns.Length, k = w.RowCount;
        fixed (float* px = x, py = y)
        fixed (int* pc = columns)
            Gemm<V, S>.Multiply(px, k, new PanelSource(w.Pointer, w.DType, w.RowLength, inputFirst: true, pc), y.Length / n, n, k, py, n);
        GC.KeepAlive(w);
    }

    public static void AddScaledRow(Weight w, int row, float scale, Span<float> y)
    {
        var source = w.Pointer + row * w.RowStride;
        fixed (float* py = y)
        {
            switch (w.DType)
            {
                case DType.F32: RowKernel<V, S>.AddRow<ElementF32>(scale, source, y.Length, py); break;
                case DType.BF16: RowKernel<V, S>.AddRow<ElementBF16>(scale, source, y.Length, py); break;
                case DType.F16: RowKernel<V, S>.AddRow<ElementF16>(scale, source, y.Length, py); break;
                default:
                    var widened = Scratch.Get(Scratch.Slot.Weights, y.Length);
                    BlockPanels<V, S>.Widen(new PanelSource(w.Pointer, w.DType, w.RowLength, inputFirst: false), row, 0, y.Length, widened);
                    RowKernel<V, S>.AddRow<ElementF32>(scale, (byte*)widened, y.Length, py);
                    break;
            }
        }

        GC.KeepAlive(w);
    }

    private static void Multiply(float* x, in PanelSource b, int m, int n, int k, float* y)
    {
        if (m == 1 && !(b.InputFirst && b.DType.IsQuantized()))
            RowKernel<V, S>.Multiply(x, b, n, k, y);
        else
            Gemm<V, S>.Multiply(x, k, b, m, n, k, y, n);
    }
}
