namespace FeatureInterp.Analysis;

/// <summary>
/// How a feature's activations above zero are spread: bin i counts those in [i · width, (i + 1) · width). The width is the smallest power of two for which 32 bins
/// hold the largest, so that it does not depend on the order in which activations come.
/// </summary>
/// <param name="BinWidth">The width of a bin; 0 when nothing was counted.</param>
/// <param name="Counts">The counts, up to the last bin that is not empty; at most 32.</param>
public sealed record ActivationHistogram(double BinWidth, IReadOnlyList<long> Counts)
{
    /// <summary>How many bins there are at most.</summary>
    public const int Bins = 32;

    /// <summary>The number of activations counted.</summary>
    public long Total => Counts.Sum();
}

/// <summary>The histograms of many features as they grow. Widths are powers of two, so bins nest: doubling a width adds neighbours, nothing is counted anew.</summary>
internal sealed class HistogramTable(int features)
{
    private const int Unset = int.MinValue;

    private readonly int[] _counts = new int[checked(features * ActivationHistogram.Bins)];
    private readonly int[] _exponents = [.. Enumerable.Repeat(Unset, features)];

    /// <summary>Counts one activation.</summary>
    /// <param name="feature">Which histogram.</param>
    /// <param name="value">The activation, finite and above zero.</param>
    public void Add(int feature, float value)
    {
        // The smallest e with value < 32 · 2^e.
        var needed = Math.ILogB(value) + 1 - 5;
        var counts = _counts.AsSpan(feature * ActivationHistogram.Bins, ActivationHistogram.Bins);
        if (_exponents[feature] == Unset)
            _exponents[feature] = needed;
        while (_exponents[feature] < needed)
        {
            Halve(counts);
            // Where all is in the first bin, further doubling changes nothing.
            _exponents[feature] = counts[1..].ContainsAnyExcept(0) ? _exponents[feature] + 1 : needed;
        }

        // Exact: a power of two only moves the exponent.
        counts[(int)Math.ScaleB((double)value, -_exponents[feature])]++;
    }

    /// <summary>Takes over what an earlier pass counted.</summary>
    public void Restore(int feature, ActivationHistogram earlier)
    {
        if (earlier.Counts.Count == 0)
            return;
        _exponents[feature] = Math.ILogB(earlier.BinWidth);
        for (var i = 0; i < earlier.Counts.Count; i++)
            _counts[feature * ActivationHistogram.Bins + i] = checked((int)earlier.Counts[i]);
    }

    /// <summary>What was counted of one feature.</summary>
    public ActivationHistogram Of(int feature)
    {
        var counts = _counts.AsSpan(feature * ActivationHistogram.Bins, ActivationHistogram.Bins);
        var used = counts.LastIndexOfAnyExcept(0) + 1;
        if (used == 0)
            return new ActivationHistogram(0, []);
        var kept = new long[used];
        for (var i = 0; i < used; i++)
            kept[i] = counts[i];
        return new ActivationHistogram(Math.ScaleB(1.0, _exponents[feature]), kept);
    }

    private static void Halve(Span<int> counts)
    {
        for (var i = 0; i < counts.Length / 2; i++)
            counts[i] = counts[2 * i] + counts[2 * i + 1];
        counts[(counts.Length / 2)..].Clear();
    }
}
