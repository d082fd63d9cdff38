namespace FeatureInterp.Saes;

/// <summary>
/// Chosen elements of a [row, d_sae] matrix, in compressed rows: row i's are the entries from <c>Starts[i]</c> to before <c>Starts[i + 1]</c>. Numbers
/// that go with the entries are arrays as long as <see cref="Features"/>.
/// </summary>
internal sealed class SparseBatch
{
    private int[]? _starts;
    private int[]? _rows;
    private int[]? _places;

    public SparseBatch(int[] starts, int[] features, float[] values, int dSae)
    {
        Starts = starts;
        Features = features;
        Values = values;
        DSae = dSae;
    }

    public int DSae { get; }

    public int Rows => Starts.Length - 1;

    public int Count => Features.Length;

    public int[] Starts { get; }

    /// <summary>The feature of each entry, ascending within a row.</summary>
    public int[] Features { get; }

    /// <summary>What the matrix held there.</summary>
    public float[] Values { get; }

    /// <summary>The share of the matrix's elements that are entries.</summary>
    public double Density => (double)Count / Math.Max(1, (long)Rows * DSae);

    /// <summary>Where each feature's entries begin in <see cref="ByFeatureRows"/>; one more than there are features.</summary>
    public int[] ByFeatureStarts
    {
        get
        {
            Turn();
            return _starts!;
        }
    }

    /// <summary>The row of each entry, feature by feature, ascending within a feature.</summary>
    public int[] ByFeatureRows
    {
        get
        {
            Turn();
            return _rows!;
        }
    }

    /// <summary>Numbers that go with the entries, put in the order of <see cref="ByFeatureRows"/>.</summary>
    public float[] ByFeature(float[] numbers)
    {
        Turn();
        var turned = new float[numbers.Length];
        for (var i = 0; i < turned.Length; i++)
            turned[i] = numbers[_places![i]];
        return turned;
    }

    /// <summary>sums[f] += the numbers of feature f's entries, in the order of the rows.</summary>
    public void AddSums(float[] numbers, Span<float> sums)
    {
        for (var e = 0; e < numbers.Length; e++)
            sums[Features[e]] += numbers[e];
    }

    /// <summary>The entries for which <paramref name="keep"/> says so, in order.</summary>
    public SparseBatch Where(Func<int, bool> keep)
    {
        var starts = new int[Starts.Length];
        var features = new List<int>(Count);
        var values = new List<float>(Count);
        for (var row = 0; row < Rows; row++)
        {
            for (var e = Starts[row]; e < Starts[row + 1]; e++)
            {
                if (!keep(e))
                    continue;
                features.Add(Features[e]);
                values.Add(Values[e]);
            }

            starts[row + 1] = features.Count;
        }

        return new SparseBatch(starts, [.. features], [.. values], DSae);
    }

    private void Turn()
    {
        if (_starts is not null)
            return;
        var starts = new int[DSae + 1];
        foreach (var feature in Features)
            starts[feature + 1]++;
        for (var f = 0; f < DSae; f++)
            starts[f + 1] += starts[f];
        var next = starts.AsSpan(0, DSae).ToArray();
        (_rows, _places) = (new int[Count], new int[Count]);
        for (var row = 0; row < Rows; row++)
        {
            for (var e = Starts[row]; e < Starts[row + 1]; e++)
            {
                var at = next[Features[e]]++;
                _rows[at] = row;
                _places[at] = e;
            }
        }

        _starts = starts;
    }
}
