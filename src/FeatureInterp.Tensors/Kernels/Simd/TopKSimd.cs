using System.Runtime.CompilerServices;

namespace FeatureInterp.Tensors;

/// <summary>Top-k for one vector width: a heap of the best so far, whose worst is what whole vectors are compared with.</summary>
internal static unsafe class TopKSimd<V, S>
    where V : struct
    where S : struct, ISimd<V>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TopK(ReadOnlySpan<float> x, Span<int> indices, Span<float> values)
    {
        var k = indices.Length;
        for (var i = 0; i < k; i++)
            indices[i] = i;
        fixed (float* p = x)
        {
            for (var node = k / 2 - 1; node >= 0; node--)
                Sink(p, indices, node);
            for (var i = k; i < x.Length; i++)
            {
                // Later elements need to be strictly larger. NaN is larger than nothing and, as the worst, needs a look at each.
                if (!float.IsNaN(p[indices[0]]))
                {
                    var worst = S.Create(p[indices[0]]);
                    while (i <= x.Length - S.Width && !S.AnyGreater(S.Load(p + i), worst))
                        i += S.Width;
                    if (i == x.Length)
                        break;
                }

                if (IsBetter(p, i, indices[0]))
                {
                    indices[0] = i;
                    Sink(p, indices, 0);
                }
            }

            for (var end = k - 1; end > 0; end--)
            {
                (indices[0], indices[end]) = (indices[end], indices[0]);
                Sink(p, indices[..end], 0);
            }
        }

        for (var i = 0; i < k; i++)
            values[i] = x[indices[i]];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsBetter(float* x, int a, int b)
    {
        var order = x[a].CompareTo(x[b]); // NaN is below every number
        return order > 0 || (order == 0 && a < b);
    }

    // The root is the worst of the heap.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sink(float* x, Span<int> heap, int node)
    {
        for (var child = 2 * node + 1; child < heap.Length; child = 2 * node + 1)
        {
            if (child + 1 < heap.Length && IsBetter(x, heap[child], heap[child + 1]))
                child++;
            if (!IsBetter(x, heap[node], heap[child]))
                return;
            (heap[node], heap[child]) = (heap[child], heap[node]);
            node = child;
        }
    }
}
