using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>aᵀ·b for one vector width: a is turned a slab at a time, then <see cref="Gemm{V, S}"/> multiplies.</summary>
internal static unsafe class MatMulTransposedSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // The most of a that is turned at once, in floats (16 MB), and the columns of it that a thread turns at a time.
    private const int SlabSize = 4 << 20;
    private const int Strip = 64;

    public static void Multiply(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int rows, Span<float> y)
    {
        int k = a.Length / rows, n = b.Length / rows;
        var slab = Math.Clamp(SlabSize / rows, 1, k);
        fixed (float* pa = a, pb = b, py = y)
        {
            for (var p = 0; p < k; p += slab)
            {
                var count = Math.Min(slab, k - p);
                var turned = Scratch.Get(Scratch.Slot.Scores, (nint)rows * count);
                Turn(pa + p, k, rows, count, turned);
                Gemm<V, S>.Multiply(turned, rows, new PanelSource((byte*)pb, DType.F32, n, inputFirst: true), count, n, rows, py + (nint)p * n, n);
            }
        }
    }

    // turned[c, i] = a[i, c] for the first columns of a, whose rows are lda apart.
    private static void Turn(float* a, nint lda, int rows, int columns, float* turned) =>
        Workers.Run((columns + Strip - 1) / Strip, strip =>
        {
            var first = strip * Strip;
            TurnStrip(a + first, lda, rows, Math.Min(Strip, columns - first), turned + (nint)first * rows);
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnStrip(float* a, nint lda, int rows, int columns, float* turned)
    {
        var i = 0;
        for (; i <= rows - S.BlockSize; i += S.BlockSize)
        {
            var c = 0;
            for (; c <= columns - S.BlockSize; c += S.BlockSize)
                S.StoreTransposed<ElementF32>((byte*)(a + i * lda + c), lda * sizeof(float), turned + (nint)c * rows + i, rows);
            for (; c < columns; c++)
            {
                for (var r = i; r < i + S.BlockSize; r++)
                    turned[(nint)c * rows + r] = a[r * lda + c];
            }
        }

        for (; i < rows; i++)
        {
            for (var c = 0; c < columns; c++)
                turned[(nint)c * rows + i] = a[i * lda + c];
        }
    }
}
