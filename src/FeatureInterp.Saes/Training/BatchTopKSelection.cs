namespace FeatureInterp.Saes;

/// <summary>BatchTopK's choice: of a whole batch's positive values the k · rows largest, equal ones by row and feature.</summary>
internal static class BatchTopKSelection
{
    private const int BucketShift = 16;
    private const float LikelyShare = 0.9f;

    /// <summary>Encodes the page's batch and chooses.</summary>
    /// <param name="page">The step.</param>
    /// <param name="k">How many features a token has on average; may be a fraction.</param>
    /// <param name="scale">What pre-activations are multiplied with, a feature; null for ones.</param>
    /// <param name="more">What else is wanted of the pre-activations.</param>
    /// <returns>The chosen entries, and what else was wanted.</returns>
    public static SparseBatch[] Encode(StepPage page, double k, float[]? scale, params RowSelector[] more)
    {
        var p = page.Parameters;
        var wanted = (int)Math.Min(k * page.X.Shape[0], int.MaxValue);
        var limits = new float[p.DSae];
        limits.AsSpan().Fill(page.LikelyLimit);
        var batches = page.Encode(p[Names.EncoderBias], scale, [RowSelectors.Above(limits), .. more]);
        if (batches[0].Count < wanted && page.LikelyLimit > 0)
        {
            page.LikelyLimit = 0;
            return Encode(page, k, scale, more);
        }

        batches[0] = Largest(batches[0], wanted, out var smallest);
        page.LikelyLimit = smallest * LikelyShare;
        return batches;
    }

    /// <summary>Moves the running threshold a little towards the smallest value that fired.</summary>
    public static void MoveThreshold(TrainingParameters parameters, SparseBatch active, double rate)
    {
        if (active.Count > 0)
            parameters.TopKThreshold = (1 - rate) * parameters.TopKThreshold + rate * TensorPrimitives.Min<float>(active.Values);
    }

    // Positive floats are in the order of their bits: a histogram of the upper ones finds the bucket of the last to be kept, sorting that bucket finds it.
    internal static SparseBatch Largest(SparseBatch candidates, int wanted, out float smallest)
    {
        smallest = 0;
        if (candidates.Count <= wanted)
        {
            smallest = candidates.Count > 0 ? TensorPrimitives.Min<float>(candidates.Values) : 0;
            return candidates;
        }

        if (float.IsNaN(TensorPrimitives.Max<float>(candidates.Values)))
            throw TrainingFaults.RanAway("A pre-activation is not a number");
        smallest = wanted > 0 ? NthLargest(candidates.Values, wanted) : float.PositiveInfinity;
        var ties = wanted;
        foreach (var value in candidates.Values)
            ties -= value > smallest ? 1 : 0;
        return Keep(candidates, wanted, smallest, ties);
    }

    private static float NthLargest(float[] values, int n)
    {
        var counts = new int[1 << (31 - BucketShift)];
        foreach (var value in values)
            counts[Bucket(value)]++;
        var (bucket, above) = (counts.Length - 1, 0);
        while (above + counts[bucket] < n)
            above += counts[bucket--];
        var (within, count) = (new float[counts[bucket]], 0);
        foreach (var value in values)
        {
            if (Bucket(value) == bucket)
                within[count++] = value;
        }

        Array.Sort(within);
        return within[^(n - above)];
    }

    // All above the limit, and the first so many that are equal to it.
    private static SparseBatch Keep(SparseBatch candidates, int count, float limit, int ties)
    {
        var (starts, features, values) = (new int[candidates.Starts.Length], new int[count], new float[count]);
        var kept = 0;
        for (var row = 0; row < candidates.Rows; row++)
        {
            for (var e = candidates.Starts[row]; e < candidates.Starts[row + 1]; e++)
            {
                var value = candidates.Values[e];
                if (value < limit || (value == limit && ties-- <= 0))
                    continue;
                (features[kept], values[kept]) = (candidates.Features[e], value);
                kept++;
            }

            starts[row + 1] = kept;
        }

        return new SparseBatch(starts, features, values, candidates.DSae);
    }

    private static int Bucket(float value) => (int)(BitConverter.SingleToUInt32Bits(value) >> BucketShift);
}
