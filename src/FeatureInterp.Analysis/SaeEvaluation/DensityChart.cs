using System.Globalization;
using FeatureInterp.Display;
using FeatureInterp.Saes;

namespace FeatureInterp.Analysis;

/// <summary>The histogram of feature densities: bars of a quarter of a decade of log10 density.</summary>
internal static class DensityChart
{
    private const int BarsPerDecade = 4;

    /// <summary>The bars, from the rarest feature that fires up to a density of 1.</summary>
    /// <returns>The lower edge of each bar in log10, and how many features have a density of at least that and less than the next.</returns>
    public static (double[] Edges, int[] Counts) Bars(IReadOnlyList<double> density)
    {
        int[] bars = [.. density.Where(d => d > 0).Select(BarOf)];
        if (bars.Length == 0)
            return ([], []);
        var first = bars.Min();
        var counts = new int[1 - first];
        foreach (var bar in bars)
            counts[bar - first]++;
        return ([.. Enumerable.Range(first, counts.Length).Select(b => (double)b / BarsPerDecade)], counts);
    }

    public static Figure Of(SaeFeatureMetrics features)
    {
        var (edges, counts) = Bars(features.Density);
        var labels = edges.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e:0.00}")).ToArray();
        return new Figure(
            string.Create(CultureInfo.InvariantCulture, $"How often features fire: {features.Density.Count - features.Dead.Count} of {features.Density.Count}, {features.Dead.Count} never"),
            [new BarTrace("features", labels, [.. counts.Select(c => (double)c)])],
            new Axis("log10 of the share of tokens (from)"),
            new Axis("features"));
    }

    // A density of 1 belongs to the last bar, not to one of its own.
    private static int BarOf(double density) => Math.Min((int)Math.Floor(Math.Log10(density) * BarsPerDecade), 0);
}
