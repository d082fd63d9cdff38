using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>
/// Attention of one query, which a new token's is, for one vector width. Keys and values are read once, in the order they lie in:
/// a few positions at a time for all heads, not head by head over all positions. Sums run in the same order as those of
/// <see cref="AttentionSimd{V, S}"/>'s three parts, so the bits are the same.
/// </summary>
internal static unsafe class SingleQueryAttention<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    // As many keys as the row kernel takes at a time.
    private const int KeysAtOnce = 4;

    // How far ahead of the work memory is asked for, and what comes at once, in floats.
    private const int PrefetchAhead = 2048;
    private const int Line = 16;

    // Elements of keys below which waking another thread costs more than it brings.
    private const long ParallelKeys = 1 << 16;

    public static void Run(float* q, float* k, float* v, AttentionShape shape, float* z)
    {
        int firstKey = shape.FirstKey(0) / (2 * S.Width) * (2 * S.Width), pitch = (shape.Keys - firstKey + 2 * S.Width - 1) / (2 * S.Width) * (2 * S.Width);
        var pattern = Scratch.Get(Scratch.Slot.Scores, (nint)shape.Heads * pitch);
        if (Workers.Count == 1 || (long)(shape.Keys - firstKey) * shape.KeyValueHeads * shape.HeadDim < ParallelKeys)
            Heads(q, k, v, shape, 0, shape.Heads, firstKey, pitch, pattern, z);
        else
            RunParallel(q, k, v, shape, firstKey, pitch, pattern, z);
    }

    private static void RunParallel(float* q, float* k, float* v, AttentionShape shape, int firstKey, int pitch, float* pattern, float* z)
    {
        var parts = Math.Min(shape.Heads, Workers.Count);
        Workers.Run(parts, part => Heads(q, k, v, shape, shape.Heads * part / parts, shape.Heads * (part + 1) / parts, firstKey, pitch, pattern, z));
    }

    private static void Heads(float* q, float* k, float* v, AttentionShape shape, int first, int end, int firstKey, int pitch, float* pattern, float* z)
    {
        var d = shape.HeadDim;
        nint stride = (nint)shape.KeyValueHeads * d;
        for (var key = shape.FirstKey(0); key < shape.Keys; key += KeysAtOnce)
        {
            var count = Math.Min(KeysAtOnce, shape.Keys - key);
            Prefetch(k, shape, first, end, key);
            for (var head = first; head < end; head++)
                RowKernel<V, S>.Dots<ElementF32>(q + (nint)head * d, (byte*)(k + key * stride + (nint)shape.KeyValueHead(head) * d), stride, count, d, pattern + (nint)head * pitch + key - firstKey);
        }

        for (var head = first; head < end; head++)
            FusedAttention<V, S>.Softmax(shape, 0, 1, firstKey, pattern + (nint)head * pitch);
        new Span<float>(z + (nint)first * d, (end - first) * d).Clear();
        for (var key = firstKey; key < shape.Keys; key += KeysAtOnce)
        {
            var count = Math.Min(KeysAtOnce, shape.Keys - key);
            Prefetch(v, shape, first, end, key);
            for (var head = first; head < end; head++)
                AddValues(pattern + (nint)head * pitch + key - firstKey, v + key * stride + (nint)shape.KeyValueHead(head) * d, stride, count, d, z + (nint)head * d);
        }
    }

    // Pieces of a few rows are over too soon for the processor to see what comes next.
    private static void Prefetch(float* x, AttentionShape shape, int first, int end, int key)
    {
        var stride = shape.KeyValueHeads * shape.HeadDim;
        key += Math.Max(1, PrefetchAhead / (KeysAtOnce * stride)) * KeysAtOnce;
        int from = shape.KeyValueHead(first) * shape.HeadDim, until = (shape.KeyValueHead(end - 1) + 1) * shape.HeadDim;
        for (var row = key; row < Math.Min(shape.Keys, key + KeysAtOnce); row++)
        {
            for (var at = from; at < until; at += Line)
                S.Prefetch(x + (nint)row * stride + at);
        }
    }

    // z += Σ_p weights[p] · values[p], in the order of p.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddValues(float* weights, float* values, nint stride, int count, int d, float* z)
    {
        if (count < KeysAtOnce)
        {
            for (var p = 0; p < count; p++)
                RowKernel<V, S>.AddRow<ElementF32>(weights[p], (byte*)(values + p * stride), d, z);
            return;
        }

        float* v0 = values, v1 = v0 + stride, v2 = v1 + stride, v3 = v2 + stride;
        V w0 = S.Create(weights[0]), w1 = S.Create(weights[1]), w2 = S.Create(weights[2]), w3 = S.Create(weights[3]);
        var j = 0;
        for (; j <= d - S.Width; j += S.Width)
        {
            var sum = S.MultiplyAdd(S.Load(v0 + j), w0, S.Load(z + j));
            sum = S.MultiplyAdd(S.Load(v1 + j), w1, sum);
            sum = S.MultiplyAdd(S.Load(v2 + j), w2, sum);
            S.Store(S.MultiplyAdd(S.Load(v3 + j), w3, sum), z + j);
        }

        for (; j < d; j++)
        {
            var sum = MathF.FusedMultiplyAdd(v0[j], weights[0], z[j]);
            sum = MathF.FusedMultiplyAdd(v1[j], weights[1], sum);
            sum = MathF.FusedMultiplyAdd(v2[j], weights[2], sum);
            z[j] = MathF.FusedMultiplyAdd(v3[j], weights[3], sum);
        }
    }
}
