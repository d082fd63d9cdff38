using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

/// <summary>
/// Copies what the <see cref="MicroKernel{V, S}"/> is about to read into the order it reads it: weights widened to fp32 in
/// panels [k, 2·Width], activations in panels [k, rows].
/// </summary>
internal static unsafe class PanelPacker<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    private static int PanelWidth => 2 * S.Width;

    /// <summary>Packs inputs k0 … k0 + k − 1 of outputs n0 … n0 + n − 1 (at most a panel); missing outputs become zeros.</summary>
    public static void Weights(in PanelSource source, int k0, int k, int n0, int n, float* panel)
    {
        switch (source.DType)
        {
            case DType.F32: Weights<ElementF32>(source, k0, k, n0, n, panel); break;
            case DType.BF16: Weights<ElementBF16>(source, k0, k, n0, n, panel); break;
            case DType.F16: Weights<ElementF16>(source, k0, k, n0, n, panel); break;
            default: BlockPanels<V, S>.Pack(source, k0, k, n0, n, panel); break;
        }
    }

    /// <summary>Packs rows of activations, <paramref name="stride"/> floats apart.</summary>
    public static void Activations(float* x, nint stride, int rows, int k, float* panel)
    {
        if (rows >= S.BlockSize)
            Activations<V, S>(x, stride, rows, k, panel);
        else
            Activations<Vector128<float>, Simd128>(x, stride, rows, k, panel);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Activations<U, B>(float* x, nint stride, int rows, int k, float* panel)
        where U : struct
        where B : struct, ISimd<U>
    {
        var whole = rows < B.BlockSize ? 0 : k - k % B.BlockSize;
        for (var p = 0; p < whole; p += B.BlockSize)
        {
            // The last block may overlap the one before; it writes the same numbers again.
            for (var row = 0; row < rows; row += B.BlockSize)
            {
                var at = Math.Min(row, rows - B.BlockSize);
                B.StoreTransposed<ElementF32>((byte*)(x + at * stride + p), stride * sizeof(float), panel + p * rows + at, rows);
            }
        }

        for (var p = whole; p < k; p++)
        {
            for (var row = 0; row < rows; row++)
                panel[p * rows + row] = x[row * stride + p];
        }
    }

    private static void Weights<E>(in PanelSource source, int k0, int k, int n0, int n, float* panel)
        where E : struct, IElement
    {
        if (n < PanelWidth)
            new Span<float>(panel, k * PanelWidth).Clear();
        if (source.Columns != null)
            Gather<E>(source, k0, k, n0, n, panel);
        else if (source.InputFirst)
            Copy<E>(source.Data + (k0 * source.Stride + n0) * E.Size, source.Stride * E.Size, k, n, panel);
        else
            Transpose<E>(source.Data + (n0 * source.Stride + k0) * E.Size, source.Stride * E.Size, k, n, panel);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose<E>(byte* source, nint stride, int k, int n, float* panel)
        where E : struct, IElement
    {
        var column = 0;
        for (; column <= n - S.BlockSize; column += S.BlockSize, source += S.BlockSize * stride)
        {
            var p = 0;
            for (; typeof(E) == typeof(ElementBF16) && p <= k - 2 * S.BlockSize; p += 2 * S.BlockSize)
            {
                for (var i = 0; i < S.BlockSize; i++)
                    S.Prefetch(source + (S.BlockSize + i) * stride + p * E.Size);
                S.StoreTransposedBF16(source + p * E.Size, stride, panel + p * PanelWidth + column, PanelWidth);
            }

            for (; p <= k - S.BlockSize; p += S.BlockSize)
            {
                // Rows are too short for the processor to see where the next ones will be.
                for (var i = 0; i < S.BlockSize; i++)
                    S.Prefetch(source + (S.BlockSize + i) * stride + p * E.Size);
                S.StoreTransposed<E>(source + p * E.Size, stride, panel + p * PanelWidth + column, PanelWidth);
            }

            for (var i = 0; i < S.BlockSize; i++)
                TransposeRow<E>(source + i * stride, p, k, panel + column + i);
        }

        for (; column < n; column++, source += stride)
            TransposeRow<E>(source, 0, k, panel + column);
    }

    private static void TransposeRow<E>(byte* source, int p, int k, float* column)
        where E : struct, IElement
    {
        for (; p < k; p++)
            column[p * PanelWidth] = E.Load(source + p * E.Size);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy<E>(byte* source, nint stride, int k, int n, float* panel)
        where E : struct, IElement
    {
        for (var p = 0; p < k; p++, source += stride, panel += PanelWidth)
        {
            if (n == PanelWidth)
            {
                S.Store(E.Load<V, S>(source), panel);
                S.Store(E.Load<V, S>(source + S.Width * E.Size), panel + S.Width);
            }
            else
            {
                for (var column = 0; column < n; column++)
                    panel[column] = E.Load(source + column * E.Size);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather<E>(in PanelSource source, int k0, int k, int n0, int n, float* panel)
        where E : struct, IElement
    {
        var row = source.Data + k0 * source.Stride * E.Size;
        for (var p = 0; p < k; p++, row += source.Stride * E.Size, panel += PanelWidth)
        {
            for (var column = 0; column < n; column++)
                panel[column] = E.Load(row + (nint)source.Columns[n0 + column] * E.Size);
        }
    }
}
