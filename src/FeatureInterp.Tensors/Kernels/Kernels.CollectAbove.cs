using System.Runtime.Intrinsics;

namespace FeatureInterp.Tensors;

public static partial class Kernels
{
    private static readonly KernelOperation<CollectKernel> CollectAboveOperation = new("collect_above", Reference.CollectAbove,
        CollectSimd<Vector128<float>, Simd128>.CollectAbove, CollectSimd<Vector256<float>, Simd256>.CollectAbove, CollectSimd<Vector512<float>, Simd512>.CollectAbove);

    /// <summary>The elements that are not at most their floor, in order: <c>x[i] &gt; floor[i]</c>, or either is NaN.</summary>
    /// <param name="x">The elements.</param>
    /// <param name="floor">What each has to exceed.</param>
    /// <param name="indices">Receives their places; as long as <paramref name="x"/>, what lies behind the last is left undefined.</param>
    /// <param name="values">Receives the elements themselves; as long as <paramref name="x"/>, and may be <paramref name="x"/> itself.</param>
    /// <returns>How many there are.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static int CollectAbove(ReadOnlySpan<float> x, ReadOnlySpan<float> floor, Span<int> indices, Span<float> values)
    {
        CheckLength(floor.Length, x.Length);
        CheckLength(indices.Length, x.Length);
        CheckLength(values.Length, x.Length);
        return CollectAboveOperation.Active(x, floor, indices, values);
    }
}
