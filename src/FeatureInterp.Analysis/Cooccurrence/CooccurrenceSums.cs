namespace FeatureInterp.Analysis;

/// <summary>A token on which a set fired, kept to be drawn.</summary>
/// <param name="Row">The row of the corpus, from 0.</param>
/// <param name="Position">The position in the row, from 0.</param>
/// <param name="Tokens">The tokens of its context, its own among them.</param>
/// <param name="Focus">Which of them is its own.</param>
/// <param name="Slots">Which features of the set fired, ascending.</param>
/// <param name="Values">Their activations.</param>
internal sealed record KeptToken(int Row, int Position, int[] Tokens, int Focus, int[] Slots, float[] Values);

/// <summary>
/// What a pass gathers of one set of k features: the mean and scatter of their activations over the tokens where any fires, updated token by token (Welford), how
/// often each and each two fire, and a uniform sample of the tokens. Memory does not grow with the corpus. Written into state files as it is.
/// </summary>
internal sealed class CooccurrenceSums
{
    /// <summary>The tokens on which any feature fires.</summary>
    public long Count { get; set; }

    /// <summary>ā, [k].</summary>
    public required double[] Mean { get; init; }

    /// <summary>Σ (a − ā)(a − ā)ᵀ, [k · k].</summary>
    public required double[] Scatter { get; init; }

    /// <summary>On how many of the tokens both features fire, [k · k]; on the diagonal each alone.</summary>
    public required long[] Together { get; init; }

    /// <summary>The sample.</summary>
    public required List<KeptToken> Kept { get; init; }

    public static CooccurrenceSums Of(int features) => new()
    {
        Mean = new double[features],
        Scatter = new double[checked(features * features)],
        Together = new long[checked(features * features)],
        Kept = [],
    };

    /// <summary>Counts a token.</summary>
    /// <param name="acts">The set's activations, [k].</param>
    /// <param name="fired">The slots that are not 0, ascending.</param>
    public void Add(ReadOnlySpan<double> acts, ReadOnlySpan<int> fired)
    {
        Count++;
        var k = Mean.Length;
        Span<double> before = stackalloc double[k];                               // a − the mean so far
        TensorPrimitives.Subtract(acts, Mean, before);
        for (var f = 0; f < k; f++)
            Mean[f] += before[f] / Count;
        // Σ grows by (a − old mean)(a − new mean)ᵀ = (a − old)(a − old)ᵀ · (n − 1)/n.
        var share = (Count - 1.0) / Count;
        for (var f = 0; f < k; f++)
        {
            var row = Scatter.AsSpan(f * k, k);
            TensorPrimitives.MultiplyAdd(before, before[f] * share, row, row);
        }

        foreach (var f in fired)
        {
            foreach (var g in fired)
                Together[f * k + g]++;
        }
    }

    /// <summary>The place the token counted last gets in a uniform sample of <paramref name="size"/>; null for none. Depends on nothing but the seed and the count.</summary>
    public int? Place(int size, int seed)
    {
        if (Count <= size)
            return (int)Count - 1;
        var drawn = Mix(Mix((ulong)seed) ^ (ulong)Count) % (ulong)Count;
        return drawn < (ulong)size ? (int)drawn : null;
    }

    /// <summary>Puts a token at a place of the sample.</summary>
    public void Keep(int place, KeptToken token)
    {
        if (place == Kept.Count)
            Kept.Add(token);
        else
            Kept[place] = token;
    }

    // SplitMix64's finisher: any two inputs give unrelated outputs.
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
