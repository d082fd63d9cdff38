using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>
/// Panels of weights for the <see cref="MicroKernel{V, S}"/> out of quantised blocks: a few rows are widened to fp32 in the
/// first-level cache, then turned as <see cref="PanelPacker{V, S}"/> turns fp32 rows. The numbers are those of
/// <see cref="Weight.CopyRow"/>, so products are those of an fp32 weight that holds them. Where blocks run along the outputs
/// (input-first sources) the elements wanted are picked out of whole blocks: right, but slower.
/// </summary>
internal static unsafe class BlockPanels<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // Elements widened at once: whole blocks of either size, cut where a block of k is cut. Rows of the buffer lie a cache
    // line further apart than that, so that they do not compete for the same places in the cache.
    private const int Run = 256;
    private const int Pitch = Run + 16;

    private static int PanelWidth => 2 * S.Width;

    /// <summary>Packs inputs k0 … k0 + k − 1 of outputs n0 … n0 + n − 1 (at most a panel); missing outputs become zeros.</summary>
    public static void Pack(in PanelSource source, int k0, int k, int n0, int n, float* panel)
    {
        if (n < PanelWidth)
            new Span<float>(panel, k * PanelWidth).Clear();
        if (source.Columns != null)
            Gather(source, k0, k, n0, n, panel);
        else if (source.InputFirst)
            Copy(source, k0, k, n0, n, panel);
        else
            Transpose(source, k0, k, n0, n, panel);
    }

    /// <summary>Elements from … from + count − 1 of one row, whole blocks, as fp32.</summary>
    public static void Widen(in PanelSource source, nint row, int from, int count, float* values)
    {
        var dtype = source.DType;
        var blocks = source.Data + (nint)dtype.ByteCount(source.Stride) * row + (nint)dtype.ByteCount(from);
        switch (dtype)
        {
            case DType.Q8_0: WidenAll<Q8_0Kernel>(blocks, count, values); break;
            case DType.Q4_0: WidenAll<Q4_0Kernel>(blocks, count, values); break;
            case DType.Q4_1: WidenAll<Q4_1Kernel>(blocks, count, values); break;
            case DType.Q5_0: WidenAll<PlainBlock<Q5_0>>(blocks, count, values); break;
            case DType.Q5_1: WidenAll<PlainBlock<Q5_1>>(blocks, count, values); break;
            case DType.Q2_K: WidenAll<PlainBlock<Q2_K>>(blocks, count, values); break;
            case DType.Q3_K: WidenAll<PlainBlock<Q3_K>>(blocks, count, values); break;
            case DType.Q4_K: WidenAll<Q4_KKernel>(blocks, count, values); break;
            case DType.Q5_K: WidenAll<Q5_KKernel>(blocks, count, values); break;
            default: WidenAll<Q6_KKernel>(blocks, count, values); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WidenAll<B>(byte* blocks, int count, float* values)
        where B : struct, IBlockKernel
    {
        for (var i = 0; i < count; i += B.Elements, blocks += B.Size)
            B.Widen<V, S>(blocks, values + i);
    }

    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(in PanelSource source, int k0, int k, int n0, int n, float* panel)
    {
        var buffer = stackalloc float[S.BlockSize * Pitch];
        var end = k0 + k;
        for (var start = k0 / Run * Run; start < end; start += Run)
        {
            // What is wanted of this run, and the whole blocks around it.
            int from = Math.Max(start, k0), to = Math.Min(start + Run, end);
            var (first, count) = WholeBlocks(source.DType, from, to);
            for (var column = 0; column < n; column += S.BlockSize)
            {
                var rows = Math.Min(S.BlockSize, n - column);
                for (var row = 0; row < rows; row++)
                    Widen(source, n0 + column + row, first, count, buffer + row * Pitch);
                var p = from;
                for (; p <= to - S.BlockSize && rows == S.BlockSize; p += S.BlockSize)
                    S.StoreTransposed<ElementF32>((byte*)(buffer + p - first), Pitch * sizeof(float), panel + (p - k0) * PanelWidth + column, PanelWidth);
                for (; p < to; p++)
                {
                    for (var row = 0; row < rows; row++)
                        panel[(p - k0) * PanelWidth + column + row] = buffer[row * Pitch + p - first];
                }
            }
        }
    }

    [SkipLocalsInit]
    private static void Copy(in PanelSource source, int k0, int k, int n0, int n, float* panel)
    {
        var buffer = stackalloc float[2 * Run];
        var (first, count) = WholeBlocks(source.DType, n0, n0 + n);
        for (var p = 0; p < k; p++, panel += PanelWidth)
        {
            Widen(source, k0 + p, first, count, buffer);
            new ReadOnlySpan<float>(buffer + n0 - first, n).CopyTo(new Span<float>(panel, n));
        }
    }

    [SkipLocalsInit]
    private static void Gather(in PanelSource source, int k0, int k, int n0, int n, float* panel)
    {
        var buffer = stackalloc float[Run];
        for (var p = 0; p < k; p++, panel += PanelWidth)
        {
            for (var column = 0; column < n; column++)
            {
                var wanted = source.Columns[n0 + column];
                var (first, count) = WholeBlocks(source.DType, wanted, wanted + 1);
                Widen(source, k0 + p, first, count, buffer);
                panel[column] = buffer[wanted - first];
            }
        }
    }

    private static (int First, int Count) WholeBlocks(DType dtype, int from, int to)
    {
        var block = dtype.BlockElements();
        var first = from / block * block;
        return (first, (to - first + block - 1) / block * block);
    }
}
