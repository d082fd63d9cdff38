using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>Products of a sparse matrix in compressed rows with a dense one, for one vector width. A thread takes rows at a time.</summary>
internal static unsafe class SparseSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // Multiply-adds below which waking another thread costs more than it brings, and the chunks a thread gets: rows differ in entries.
    private const long ParallelWork = 1 << 18;
    private const int ChunksPerThread = 16;

    public static void MatMul(ReadOnlySpan<int> starts, ReadOnlySpan<int> indices, ReadOnlySpan<float> values, ReadOnlySpan<float> w, int length, Span<float> y)
    {
        fixed (int* ps = starts, pi = indices)
        fixed (float* pv = values, pw = w, py = y)
        {
            if ((long)indices.Length * length < ParallelWork || Workers.Count == 1)
                AddRows(ps, 0, starts.Length - 1, pi, pv, pw, length, py);
            else
                MatMulParallel(ps, starts.Length - 1, pi, pv, pw, length, py);
        }
    }

    public static void Dots(ReadOnlySpan<int> starts, ReadOnlySpan<int> indices, ReadOnlySpan<float> x, ReadOnlySpan<float> w, int length, Span<float> dots)
    {
        fixed (int* ps = starts, pi = indices)
        fixed (float* px = x, pw = w, pd = dots)
        {
            if ((long)indices.Length * length < ParallelWork || Workers.Count == 1)
                DotRows(ps, 0, starts.Length - 1, pi, px, pw, length, pd);
            else
                DotsParallel(ps, starts.Length - 1, pi, px, pw, length, pd);
        }
    }

    private static void MatMulParallel(int* starts, int rows, int* indices, float* values, float* w, int length, float* y)
    {
        var chunks = Math.Min(rows, Workers.Count * ChunksPerThread);
        Workers.Run(chunks, chunk => AddRows(starts, First(rows, chunk, chunks), First(rows, chunk + 1, chunks), indices, values, w, length, y));
    }

    private static void DotsParallel(int* starts, int rows, int* indices, float* x, float* w, int length, float* dots)
    {
        var chunks = Math.Min(rows, Workers.Count * ChunksPerThread);
        Workers.Run(chunks, chunk => DotRows(starts, First(rows, chunk, chunks), First(rows, chunk + 1, chunks), indices, x, w, length, dots));
    }

    private static int First(int rows, int chunk, int chunks) => (int)((long)rows * chunk / chunks);

    // A strip of the row stays in registers while all entries go over it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRows(int* starts, int first, int end, int* indices, float* values, float* w, nint length, float* y)
    {
        for (var row = first; row < end; row++)
        {
            int from = starts[row], to = starts[row + 1];
            var target = y + row * length;
            nint j = 0;
            for (; from < to && j <= length - 8 * S.Width; j += 8 * S.Width)
            {
                var at = target + j;
                V a0 = S.Load(at), a1 = S.Load(at + S.Width), a2 = S.Load(at + 2 * S.Width), a3 = S.Load(at + 3 * S.Width);
                V a4 = S.Load(at + 4 * S.Width), a5 = S.Load(at + 5 * S.Width), a6 = S.Load(at + 6 * S.Width), a7 = S.Load(at + 7 * S.Width);
                for (var e = from; e < to; e++)
                {
                    var source = w + indices[e] * length + j;
                    var value = S.Create(values[e]);
                    a0 = S.MultiplyAdd(S.Load(source), value, a0);
                    a1 = S.MultiplyAdd(S.Load(source + S.Width), value, a1);
                    a2 = S.MultiplyAdd(S.Load(source + 2 * S.Width), value, a2);
                    a3 = S.MultiplyAdd(S.Load(source + 3 * S.Width), value, a3);
                    a4 = S.MultiplyAdd(S.Load(source + 4 * S.Width), value, a4);
                    a5 = S.MultiplyAdd(S.Load(source + 5 * S.Width), value, a5);
                    a6 = S.MultiplyAdd(S.Load(source + 6 * S.Width), value, a6);
                    a7 = S.MultiplyAdd(S.Load(source + 7 * S.Width), value, a7);
                }

                S.Store(a0, at);
                S.Store(a1, at + S.Width);
                S.Store(a2, at + 2 * S.Width);
                S.Store(a3, at + 3 * S.Width);
                S.Store(a4, at + 4 * S.Width);
                S.Store(a5, at + 5 * S.Width);
                S.Store(a6, at + 6 * S.Width);
                S.Store(a7, at + 7 * S.Width);
            }

            for (var e = from; e < to && j < length; e++)
                RowKernel<V, S>.AddRow<ElementF32>(values[e], (byte*)(w + indices[e] * length + j), (int)(length - j), target + j);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DotRows(int* starts, int first, int end, int* indices, float* x, float* w, nint length, float* dots)
    {
        var four = stackalloc float[4];
        for (var row = first; row < end; row++)
        {
            var source = x + row * length;
            int e = starts[row], to = starts[row + 1];
            for (; e < to; e += 4)
            {
                // A group that is not full asks for its last row again, so that every dot product is added up alike.
                var last = to - 1;
                float* w0 = w + indices[e] * length, w1 = w + indices[Math.Min(e + 1, last)] * length;
                float* w2 = w + indices[Math.Min(e + 2, last)] * length, w3 = w + indices[Math.Min(e + 3, last)] * length;
                V s0 = default, s1 = default, s2 = default, s3 = default;
                nint j = 0;
                for (; j <= length - S.Width; j += S.Width)
                {
                    var v = S.Load(source + j);
                    s0 = S.MultiplyAdd(S.Load(w0 + j), v, s0);
                    s1 = S.MultiplyAdd(S.Load(w1 + j), v, s1);
                    s2 = S.MultiplyAdd(S.Load(w2 + j), v, s2);
                    s3 = S.MultiplyAdd(S.Load(w3 + j), v, s3);
                }

                S.StoreSums(s0, s1, s2, s3, four);
                for (; j < length; j++)
                {
                    four[0] = MathF.FusedMultiplyAdd(source[j], w0[j], four[0]);
                    four[1] = MathF.FusedMultiplyAdd(source[j], w1[j], four[1]);
                    four[2] = MathF.FusedMultiplyAdd(source[j], w2[j], four[2]);
                    four[3] = MathF.FusedMultiplyAdd(source[j], w3[j], four[3]);
                }

                for (var i = 0; i < 4 && e + i < to; i++)
                    dots[e + i] = four[i];
            }
        }
    }
}
