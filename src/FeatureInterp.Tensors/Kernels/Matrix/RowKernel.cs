using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>A single activation row times a weight, read once and straight from where it lies: what a decoding step does.</summary>
internal static unsafe class RowKernel<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // Bytes of weights below which waking another thread costs more than it brings, and what a thread takes at a time.
    private const long ParallelBytes = 1 << 20;
    private const long ChunkBytes = 128 << 10;

    /// <summary>y[n] = x[k] · b[k,n].</summary>
    public static void Multiply(float* x, in PanelSource b, int n, int k, float* y)
    {
        switch (b.DType)
        {
            case DType.F32: Multiply<ElementF32>(x, b, n, k, y); break;
            case DType.BF16: Multiply<ElementBF16>(x, b, n, k, y); break;
            case DType.F16: Multiply<ElementF16>(x, b, n, k, y); break;
            default: BlockRows<V, S>.Multiply(x, b, n, k, y); break;
        }
    }

    /// <summary>
    /// y[j] = Σ_p x[p] · w[j,p] for n rows of w, <paramref name="stride"/> elements apart; x as <see cref="Arranged"/> gives it. Each sum is one
    /// vector to which products are added in the order of p, as in <see cref="RowGroupKernel{V, S}"/>, so the numbers are the same.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dots<E>(float* x, byte* w, nint stride, int n, int k, float* y)
        where E : struct, IElement
    {
        stride *= E.Size;
        var whole = k / (2 * S.Width) * (2 * S.Width);
        var room = stackalloc float[4];
        var j = 0;
        for (; j <= n - 8; j += 8, w += 8 * stride)
        {
            byte* w1 = w + stride, w2 = w1 + stride, w3 = w2 + stride, w4 = w3 + stride, w5 = w4 + stride, w6 = w5 + stride, w7 = w6 + stride;
            V s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
            for (nint p = 0, at = 0; p < whole; p += 2 * S.Width, at += 2 * S.Width * E.Size)
            {
                var v = S.Load(x + p);
                s0 = S.MultiplyAdd(E.LoadFirst<V, S>(w + at), v, s0);
                s1 = S.MultiplyAdd(E.LoadFirst<V, S>(w1 + at), v, s1);
                s2 = S.MultiplyAdd(E.LoadFirst<V, S>(w2 + at), v, s2);
                s3 = S.MultiplyAdd(E.LoadFirst<V, S>(w3 + at), v, s3);
                s4 = S.MultiplyAdd(E.LoadFirst<V, S>(w4 + at), v, s4);
                s5 = S.MultiplyAdd(E.LoadFirst<V, S>(w5 + at), v, s5);
                s6 = S.MultiplyAdd(E.LoadFirst<V, S>(w6 + at), v, s6);
                s7 = S.MultiplyAdd(E.LoadFirst<V, S>(w7 + at), v, s7);
                v = S.Load(x + p + S.Width);
                s0 = S.MultiplyAdd(E.LoadSecond<V, S>(w + at), v, s0);
                s1 = S.MultiplyAdd(E.LoadSecond<V, S>(w1 + at), v, s1);
                s2 = S.MultiplyAdd(E.LoadSecond<V, S>(w2 + at), v, s2);
                s3 = S.MultiplyAdd(E.LoadSecond<V, S>(w3 + at), v, s3);
                s4 = S.MultiplyAdd(E.LoadSecond<V, S>(w4 + at), v, s4);
                s5 = S.MultiplyAdd(E.LoadSecond<V, S>(w5 + at), v, s5);
                s6 = S.MultiplyAdd(E.LoadSecond<V, S>(w6 + at), v, s6);
                s7 = S.MultiplyAdd(E.LoadSecond<V, S>(w7 + at), v, s7);
                if (E.Size == 2)
                {
                    // The next rows: 16-bit rows are over too soon for the processor to look ahead by itself.
                    var ahead = w + 8 * stride + at;
                    for (var i = 0; i < 8; i++)
                        S.Prefetch(ahead + i * stride);
                }
            }

            S.StoreSums(s0, s1, s2, s3, y + j);
            S.StoreSums(s4, s5, s6, s7, y + j + 4);
            for (var row = 0; row < 8 && whole < k; row++)
                y[j + row] += Tail<E>(x, w + row * stride, whole, k);
        }

        for (; j <= n - 4; j += 4, w += 4 * stride)
        {
            byte* w1 = w + stride, w2 = w1 + stride, w3 = w2 + stride;
            V s0 = default, s1 = default, s2 = default, s3 = default;
            for (nint p = 0, at = 0; p < whole; p += 2 * S.Width, at += 2 * S.Width * E.Size)
            {
                V v = S.Load(x + p), u = S.Load(x + p + S.Width);
                s0 = S.MultiplyAdd(E.LoadSecond<V, S>(w + at), u, S.MultiplyAdd(E.LoadFirst<V, S>(w + at), v, s0));
                s1 = S.MultiplyAdd(E.LoadSecond<V, S>(w1 + at), u, S.MultiplyAdd(E.LoadFirst<V, S>(w1 + at), v, s1));
                s2 = S.MultiplyAdd(E.LoadSecond<V, S>(w2 + at), u, S.MultiplyAdd(E.LoadFirst<V, S>(w2 + at), v, s2));
                s3 = S.MultiplyAdd(E.LoadSecond<V, S>(w3 + at), u, S.MultiplyAdd(E.LoadFirst<V, S>(w3 + at), v, s3));
            }

            S.StoreSums(s0, s1, s2, s3, y + j);
            for (var row = 0; row < 4 && whole < k; row++)
                y[j + row] += Tail<E>(x, w + row * stride, whole, k);
        }

        for (; j < n; j++, w += stride)
        {
            V s = default;
            for (nint p = 0; p < whole; p += 2 * S.Width)
            {
                s = S.MultiplyAdd(E.LoadFirst<V, S>(w + p * E.Size), S.Load(x + p), s);
                s = S.MultiplyAdd(E.LoadSecond<V, S>(w + p * E.Size), S.Load(x + p + S.Width), s);
            }

            S.StoreSums(s, s, s, s, room);
            y[j] = room[0] + Tail<E>(x, w, whole, k);
        }
    }

    /// <summary>x as <see cref="Dots"/> takes it: itself, or a copy in the order in which weights of this type are read.</summary>
    public static float* Arranged<E>(float* x, int k)
        where E : struct, IElement
    {
        if (!E.IsByParity)
            return x;
        var arranged = Scratch.Get(Scratch.Slot.Activations, k);
        Arrange<E>(x, k, arranged);
        return arranged;
    }

    /// <summary>Copies x as <see cref="Dots"/> takes it.</summary>
    public static void Arrange<E>(float* x, int k, float* to)
        where E : struct, IElement
    {
        var p = 0;
        for (; E.IsByParity && p <= k - 2 * S.Width; p += 2 * S.Width)
            S.StoreByParity(x + p, to + p);
        new ReadOnlySpan<float>(x + p, k - p).CopyTo(new Span<float>(to + p, k - p));
    }

    /// <summary>y[j] = Σ_p x[p] · w[p,j] for k rows of w, <paramref name="stride"/> elements apart: in the order of p, as the
    /// <see cref="MicroKernel{V, S}"/> adds, so the numbers are the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddRows<E>(float* x, byte* w, nint stride, int n, int k, float* y)
        where E : struct, IElement
    {
        new Span<float>(y, n).Clear();
        stride *= E.Size;
        var p = 0;
        for (; p <= k - 4; p += 4, w += 4 * stride)
        {
            V x0 = S.Create(x[p]), x1 = S.Create(x[p + 1]), x2 = S.Create(x[p + 2]), x3 = S.Create(x[p + 3]);
            byte* w0 = w, w1 = w + stride, w2 = w1 + stride, w3 = w2 + stride;
            var j = 0;
            for (; j <= n - S.Width; j += S.Width)
            {
                nint at = j * E.Size;
                if (E.Size == 2)
                {
                    S.Prefetch(w0 + 4 * stride + at);
                    S.Prefetch(w1 + 4 * stride + at);
                    S.Prefetch(w2 + 4 * stride + at);
                    S.Prefetch(w3 + 4 * stride + at);
                }

                var sum = S.MultiplyAdd(E.Load<V, S>(w0 + at), x0, S.Load(y + j));
                sum = S.MultiplyAdd(E.Load<V, S>(w1 + at), x1, sum);
                sum = S.MultiplyAdd(E.Load<V, S>(w2 + at), x2, sum);
                S.Store(S.MultiplyAdd(E.Load<V, S>(w3 + at), x3, sum), y + j);
            }

            for (; j < n; j++)
            {
                nint at = j * E.Size;
                var sum = MathF.FusedMultiplyAdd(E.Load(w0 + at), x[p], y[j]);
                sum = MathF.FusedMultiplyAdd(E.Load(w1 + at), x[p + 1], sum);
                sum = MathF.FusedMultiplyAdd(E.Load(w2 + at), x[p + 2], sum);
                y[j] = MathF.FusedMultiplyAdd(E.Load(w3 + at), x[p + 3], sum);
            }
        }

        for (; p < k; p++, w += stride)
            AddRow<E>(x[p], w, n, y);
    }

    /// <summary>y[j] += scale · w[j].</summary>
    public static void AddRow<E>(float scale, byte* w, int n, float* y)
        where E : struct, IElement
    {
        var j = 0;
        var factor = S.Create(scale);
        for (; j <= n - S.Width; j += S.Width)
            S.Store(S.MultiplyAdd(E.Load<V, S>(w + j * E.Size), factor, S.Load(y + j)), y + j);
        for (; j < n; j++)
            y[j] = MathF.FusedMultiplyAdd(E.Load(w + j * E.Size), scale, y[j]);
    }

    private static void Multiply<E>(float* x, PanelSource b, int n, int k, float* y)
        where E : struct, IElement
    {
        var bytes = (long)n * k * E.Size;
        x = b.InputFirst ? x : Arranged<E>(x, k);
        if (bytes < ParallelBytes || Workers.Count == 1)
            MultiplyPart<E>(x, b, 0, n, k, y);
        else
            MultiplyParallel<E>(x, b, n, k, y, Chunks(b, n, bytes));
    }

    // Output-first, a chunk is a piece of memory; input-first it is a strip of every row, and narrow strips are read slowly.
    private static int Chunks(in PanelSource b, int n, long bytes) =>
        b.InputFirst ? Math.Min(Workers.Count, n) : (int)Math.Clamp(bytes / ChunkBytes, Workers.Count, n);

    private static void MultiplyParallel<E>(float* x, PanelSource b, int n, int k, float* y, int chunks)
        where E : struct, IElement =>
        Workers.Run(chunks, chunk =>
        {
            // On multiples of 64 outputs, so that threads share no cache line and vectors stay whole.
            int first = Boundary(n, chunk, chunks), end = Boundary(n, chunk + 1, chunks);
            MultiplyPart<E>(x, b, first, end - first, k, y);
        });

    private static int Boundary(int n, int chunk, int chunks) =>
        chunk == chunks ? n : (int)((long)n * chunk / chunks) & ~63;

    private static void MultiplyPart<E>(float* x, in PanelSource b, int first, int n, int k, float* y)
        where E : struct, IElement
    {
        if (n == 0)
            return;
        if (b.InputFirst)
            AddRows<E>(x, b.Data + (nint)first * E.Size, b.Stride, n, k, y + first);
        else
            Dots<E>(x, b.Data + first * b.Stride * E.Size, b.Stride, n, k, y + first);
    }

    internal static float Tail<E>(float* x, byte* w, int p, int k)
        where E : struct, IElement
    {
        var sum = 0f;
        for (; p < k; p++)
            sum = MathF.FusedMultiplyAdd(x[p], E.Load(w + p * E.Size), sum);
        return sum;
    }
}
