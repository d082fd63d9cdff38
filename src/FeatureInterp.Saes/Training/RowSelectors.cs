using System.Buffers;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>The ways in which features of a row are chosen by its pre-activations.</summary>
internal static class RowSelectors
{
    /// <summary>pre[f] &gt; limits[f], or pre[f] is NaN, which then is seen in the loss.</summary>
    public static RowSelector Above(float[] limits) => (pre, features) =>
    {
        var values = ArrayPool<float>.Shared.Rent(pre.Length);
        var count = Kernels.CollectAbove(pre, limits, features, values.AsSpan(0, pre.Length));
        ArrayPool<float>.Shared.Return(values);
        return count;
    };

    /// <summary>pre[f] &gt; 0.</summary>
    public static RowSelector Positive(int dSae) => Above(new float[dSae]);

    /// <summary>The k largest, of which those that are not positive are left out.</summary>
    /// <param name="k">How many.</param>
    /// <param name="likely">A limit above which most rows have k: where they have, only those are sorted. It saves time and changes no result.</param>
    /// <param name="dSae">The number of features.</param>
    public static RowSelector Largest(int k, float likely, int dSae)
    {
        var (limits, zeros) = (new float[dSae], new float[dSae]);
        limits.AsSpan().Fill(MathF.Max(likely, 0));
        return (pre, features) =>
        {
            var above = ArrayPool<float>.Shared.Rent(dSae);
            var (places, best) = (ArrayPool<int>.Shared.Rent(k), ArrayPool<float>.Shared.Rent(k));
            var count = Kernels.CollectAbove(pre, limits, features, above.AsSpan(0, dSae));
            if (count < k && likely > 0)
                count = Kernels.CollectAbove(pre, zeros, features, above.AsSpan(0, dSae));

            var kept = Math.Min(k, count);
            Kernels.TopK(above.AsSpan(0, count), places.AsSpan(0, kept), best.AsSpan(0, kept));
            places.AsSpan(0, kept).Sort();
            for (var i = 0; i < kept; i++)
                features[i] = features[places[i]];
            ArrayPool<float>.Shared.Return(above);
            ArrayPool<int>.Shared.Return(places);
            ArrayPool<float>.Shared.Return(best);
            return kept;
        };
    }

    /// <summary>The k largest by magnitude.</summary>
    public static RowSelector LargestMagnitude(int k) => (pre, features) =>
    {
        var magnitudes = ArrayPool<float>.Shared.Rent(pre.Length);
        var values = ArrayPool<float>.Shared.Rent(k);
        TensorPrimitives.Abs(pre, magnitudes.AsSpan(0, pre.Length));
        Kernels.TopK(magnitudes.AsSpan(0, pre.Length), features[..k], values.AsSpan(0, k));
        ArrayPool<float>.Shared.Return(magnitudes);
        ArrayPool<float>.Shared.Return(values);
        features[..k].Sort();
        return k;
    };

    /// <summary>Of some features only, the k largest, or the k largest by magnitude.</summary>
    /// <param name="among">Which features, ascending.</param>
    /// <param name="k">How many, at most as many as there are.</param>
    /// <param name="byMagnitude">Whether the sign does not count.</param>
    public static RowSelector LargestOf(int[] among, int k, bool byMagnitude) => (pre, features) =>
    {
        var values = ArrayPool<float>.Shared.Rent(among.Length);
        var best = ArrayPool<float>.Shared.Rent(k);
        for (var i = 0; i < among.Length; i++)
            values[i] = byMagnitude ? MathF.Abs(pre[among[i]]) : pre[among[i]];
        Kernels.TopK(values.AsSpan(0, among.Length), features[..k], best.AsSpan(0, k));
        for (var i = 0; i < k; i++)
            features[i] = among[features[i]];
        ArrayPool<float>.Shared.Return(values);
        ArrayPool<float>.Shared.Return(best);
        features[..k].Sort();
        return k;
    };

    /// <summary>Of some features only, those with pre[f] &lt; limits[f].</summary>
    public static RowSelector BelowOf(int[] among, float[] limits) => (pre, features) =>
    {
        var count = 0;
        foreach (var feature in among)
        {
            if (pre[feature] < limits[feature])
                features[count++] = feature;
        }

        return count;
    };
}
