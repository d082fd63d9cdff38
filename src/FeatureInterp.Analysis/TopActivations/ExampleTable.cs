namespace FeatureInterp.Analysis;

/// <summary>One kept activation and its surroundings.</summary>
/// <param name="Value">The activation.</param>
/// <param name="Row">The row of the corpus, from 0.</param>
/// <param name="Position">The position in the row, from 0.</param>
/// <param name="Start">The position of the first token kept.</param>
/// <param name="Tokens">The tokens kept, the example's among them.</param>
/// <param name="Values">The feature's activation at each of them.</param>
internal sealed record KeptExample(float Value, int Row, int Position, int Start, int[] Tokens, float[] Values);

/// <summary>
/// The k largest activations of each of many features, largest first; of equal ones the earlier. Memory is bounded by features · k windows, however long the corpus.
/// </summary>
internal sealed class ExampleTable(int features, TopActivationsOptions options)
{
    private readonly KeptExample[][] _kept = new KeptExample[features][];
    private readonly int[] _counts = new int[features];

    /// <summary>An upper bound of the bytes it takes once every feature has all its examples.</summary>
    public static long Bytes(int features, TopActivationsOptions options) => checked((long)features * options.Examples * (120 + 8L * (options.Before + 1 + options.After)));

    /// <summary>Whether an activation that comes later than all before belongs among the largest.</summary>
    public bool Wants(int slot, float value) => _counts[slot] < options.Examples || value > _kept[slot][^1].Value;

    /// <summary>Keeps an activation, together with what stands around it; the smallest goes when there are too many.</summary>
    public void Keep(int slot, float value, int row, int position, int[] tokens, FiredRow fired)
    {
        var kept = _kept[slot] ??= new KeptExample[options.Examples];
        var place = Math.Min(_counts[slot], kept.Length - 1);
        for (; place > 0 && kept[place - 1].Value < value; place--)
            kept[place] = kept[place - 1];
        var (start, end) = (Math.Max(0, position - options.Before), Math.Min(tokens.Length, position + options.After + 1));
        kept[place] = new KeptExample(value, row, position, start, tokens[start..end], [.. Enumerable.Range(start, end - start).Select(p => fired.Value(p, slot))]);
        _counts[slot] = Math.Min(_counts[slot] + 1, kept.Length);
    }

    /// <summary>Takes over what an earlier pass kept of a feature.</summary>
    public void Restore(int slot, IReadOnlyList<ActivationExample> earlier)
    {
        _kept[slot] = new KeptExample[options.Examples];
        _counts[slot] = earlier.Count;
        for (var i = 0; i < earlier.Count; i++)
            _kept[slot][i] = new KeptExample(earlier[i].Value, earlier[i].Row, earlier[i].Position, earlier[i].Start, [.. earlier[i].Tokens], [.. earlier[i].Values]);
    }

    /// <summary>What was kept of one feature, largest first.</summary>
    public ReadOnlySpan<KeptExample> Of(int slot) => _kept[slot].AsSpan(0, _counts[slot]);
}
