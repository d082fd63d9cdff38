using FeatureInterp.Tensors;

namespace FeatureInterp.Saes;

/// <summary>
/// Features picked greedily (Mallat and Zhang 1993, as SAELens 6 has it): with the remainder r = y, again and again the feature f of the
/// largest ReLU(r·W_dec[f]) =: v is given v more, and r becomes r − v·W_dec[f], until <see cref="SaePursuit"/> says stop.
/// </summary>
internal static class MatchingPursuit
{
    /// <summary>The features of every token.</summary>
    /// <param name="y">[token, d_in]; written over with what remains.</param>
    /// <param name="decoder">W_dec.</param>
    /// <param name="stop">When to stop.</param>
    /// <param name="cancellation">Looked at before each pick.</param>
    /// <returns>Each token's features with their activations, by feature.</returns>
    public static SortedDictionary<int, float>[] Encode(Tensor y, SaeMatrix decoder, SaePursuit stop, CancellationToken cancellation = default)
    {
        var acts = new SortedDictionary<int, float>[y.Shape[0]];
        for (var t = 0; t < acts.Length; t++)
            acts[t] = [];
        var active = Enumerable.Range(0, acts.Length).ToList();
        var rest = Tensor.Uninitialized(y.Shape);
        var scores = Tensor.Uninitialized(acts.Length, decoder.Features);
        var most = stop.MaxIterations ?? decoder.Width;
        for (var pick = 0; pick < most && active.Count > 0; pick++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var i = 0; i < active.Count; i++)
                y.Row(active[i]).CopyTo(rest.Row(i));
            decoder.Encode(rest.Rows(0, active.Count), scores.Rows(0, active.Count));
            var i0 = 0;
            active.RemoveAll(t => IsDone(y.Row(t), scores.Row(i0++), acts[t], decoder, stop));
        }

        return acts;
    }

    // One pick. A NaN is picked, and ends it.
    private static bool IsDone(Span<float> rest, ReadOnlySpan<float> scores, SortedDictionary<int, float> acts, SaeMatrix decoder, SaePursuit stop)
    {
        var feature = TensorPrimitives.IndexOfMax(scores);
        var value = scores[feature];
        if (value <= 0)
            return true;                                                // no pick would change anything any more
        var isNew = acts.TryAdd(feature, value);
        if (!isNew)
            acts[feature] += value;
        decoder.Add(feature, -value, rest);
        return float.IsNaN(value)
            || (stop.StopOnDuplicateSupport && !isNew)
            || (stop.ResidualThreshold > 0 && TensorPrimitives.Norm(rest) < stop.ResidualThreshold);
    }
}
