using System.Globalization;

namespace FeatureInterp.Analysis;

/// <summary>A feature in a sample over several SAEs.</summary>
/// <param name="Type">What its SAE reads: <c>res</c>, <c>mlp</c>, <c>att</c>.</param>
/// <param name="Size">The SAE's size, such as <c>16k</c>.</param>
/// <param name="Layer">The layer, as the SAE's name has it.</param>
/// <param name="Feature">The feature.</param>
public sealed record SampledFeature(string Type, string Size, string Layer, int Feature);

/// <summary>Samples of features.</summary>
public static class FeatureSample
{
    /// <summary>Different features at random, every choice equally likely, in rising order.</summary>
    /// <param name="population">How many features there are.</param>
    /// <param name="count">How many to draw.</param>
    /// <param name="seed">The seed: the same one gives the same features.</param>
    /// <exception cref="AnalysisException">More are asked for than there are, or fewer than 1.</exception>
    public static IReadOnlyList<int> Draw(int population, int count, int seed)
    {
        if (count < 1 || count > population)
            throw new AnalysisException($"{count} of {population} features are asked for; give 1 to {population}.");
        var random = new Random(seed);
        var drawn = new SortedSet<int>();

        // Floyd: the j-th step draws from 0…j; what is taken already stands for j itself.
        for (var j = population - count; j < population; j++)
        {
            if (!drawn.Add(random.Next(j + 1)))
                drawn.Add(j);
        }

        return [.. drawn];
    }

    /// <summary>How many features an SAE of a size such as <c>16k</c> is meant to have: the power of two nearest, in its logarithm, to 1,024 times the number. So <c>131k</c> is 131,072, and <c>24k</c> 32,768.</summary>
    /// <param name="size">A whole number and the letter k.</param>
    /// <exception cref="AnalysisException">It is written in another way.</exception>
    public static int FeatureCount(string size) =>
        size.EndsWith('k') && int.TryParse(size.AsSpan(0, size.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var thousands) && thousands is > 0 and <= 1 << 20
            ? 1 << (int)Math.Round(Math.Log2(1024.0 * thousands))
            : throw new AnalysisException($"'{size}' is not the size of an SAE; give a whole number up to 1,048,576 and the letter k, such as 16k.");

    /// <summary>
    /// Equally many of each type and size: the features of each pair keep their order, and of each a run of n / (types · sizes) is taken, from
    /// <paramref name="start"/> on.
    /// </summary>
    /// <param name="features">The features to choose from.</param>
    /// <param name="types">The types.</param>
    /// <param name="sizes">The sizes.</param>
    /// <param name="count">n, how many in all.</param>
    /// <param name="start">How many of each pair are passed over.</param>
    /// <returns>Their places in <paramref name="features"/>, by type, then size.</returns>
    /// <exception cref="AnalysisException">n is not a multiple of the pairs, or a pair has too few.</exception>
    public static IReadOnlyList<int> Balanced(IReadOnlyList<SampledFeature> features, IReadOnlyList<string> types, IReadOnlyList<string> sizes, int count, int start = 0)
    {
        var pairs = checked(types.Count * sizes.Count);
        if (pairs == 0 || count < 1 || count % pairs != 0)
            throw new AnalysisException($"{count} features cannot be shared equally by {types.Count} types and {sizes.Count} sizes; give a multiple of {pairs}.");
        if (start < 0)
            throw new AnalysisException($"The start is {start}; give 0 or more.");
        var each = count / pairs;
        var chosen = new List<int>(count);
        foreach (var type in types)
        {
            foreach (var size in sizes)
            {
                int[] of = [.. Enumerable.Range(0, features.Count).Where(i => features[i].Type == type && features[i].Size == size).Skip(start).Take(each)];
                if (of.Length < each)
                    throw new AnalysisException($"There are only {of.Length} of the {each} features of type {type} and size {size} that are asked for after the first {start}; ask for fewer.");
                chosen.AddRange(of);
            }
        }

        return chosen;
    }
}
