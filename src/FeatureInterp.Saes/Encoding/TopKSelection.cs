using System.Buffers;
using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>Which of a token's features a TopK SAE keeps.</summary>
internal static class TopKSelection
{
    /// <summary>
    /// The k largest, by magnitude if so chosen; those that are not positive (not zero, by magnitude) are left out. As in PyTorch a NaN
    /// is larger than every number. Of equal ones the first are taken.
    /// </summary>
    /// <param name="pre">[f]</param>
    /// <param name="choice">How many, and by what.</param>
    /// <param name="features">Receives the features in ascending order.</param>
    /// <param name="values">Receives their activations.</param>
    /// <returns>How many there are, at most k.</returns>
    public static int Select(ReadOnlySpan<float> pre, SaeTopK choice, Span<int> features, Span<float> values)
    {
        var rented = ArrayPool<float>.Shared.Rent(pre.Length);
        var keys = rented.AsSpan(0, pre.Length);
        if (choice.ByMagnitude)
            TensorPrimitives.Abs(pre, keys);
        else
            pre.CopyTo(keys);
        if (float.IsNaN(TensorPrimitives.Max(keys)))
        {
            foreach (ref var key in keys)
                key = float.IsNaN(key) ? float.PositiveInfinity : key;
        }

        var chosen = features[..Math.Min(choice.K, pre.Length)];
        Kernels.TopK(keys, chosen, values[..chosen.Length]);
        chosen.Sort();
        var fired = 0;
        foreach (var feature in chosen)
        {
            features[fired] = feature;
            values[fired] = pre[feature];
            fired += choice.ByMagnitude ? (pre[feature] == 0 ? 0 : 1) : (pre[feature] <= 0 ? 0 : 1);
        }

        ArrayPool<float>.Shared.Return(rented);
        return fired;
    }
}
