namespace FeatureInterp.Analysis;

/// <summary>
/// Samples in the order in which Python's <c>random</c> draws them, for lists that have to be those of a published pipeline. One object is one generator: what is drawn
/// later goes on where the draw before stopped.
/// </summary>
/// <param name="seed">What <c>random.seed</c> is given, 0 or more.</param>
public sealed class PythonSample(uint seed)
{
    private readonly MersenneTwister _random = MersenneTwister.Python(seed);

    /// <summary><c>random.sample(range(population), count)</c>: different numbers, in the order drawn.</summary>
    /// <param name="population">How many there are.</param>
    /// <param name="count">How many to draw.</param>
    /// <exception cref="AnalysisException">More are asked for than there are, or fewer than 1.</exception>
    public IReadOnlyList<int> Draw(int population, int count)
    {
        if (count < 1 || count > population)
            throw new AnalysisException($"{count} of {population} are asked for; give 1 to {population}.");
        var drawn = new int[count];
        if (population <= LargestPool(count))
        {
            // What is left keeps together: the last one takes the place of the one drawn.
            int[] left = [.. Enumerable.Range(0, population)];
            for (var i = 0; i < count; i++)
            {
                var at = _random.Below(population - i);
                drawn[i] = left[at];
                left[at] = left[population - i - 1];
            }

            return drawn;
        }

        var taken = new HashSet<int>(count);
        for (var i = 0; i < count; i++)
        {
            do
                drawn[i] = _random.Below(population);
            while (!taken.Add(drawn[i]));
        }

        return drawn;
    }

    // Python keeps a list of what is left where that takes less room than a set of what is taken.
    private static double LargestPool(int count) => count <= 5 ? 21 : 21 + Math.Pow(4, Math.Ceiling(Math.Log(3.0 * count) / Math.Log(4)));
}
