namespace FeatureInterp.Display;

/// <summary>The charts of the field, ready made.</summary>
public static class FeatureChart
{
    /// <summary>
    /// Feature activations over the feature index, one row per series on a common scale: usually two prompts and their
    /// difference. Zeros are not drawn; the largest features are labelled, and every one of the larger ones says its index
    /// and value under the pointer.
    /// </summary>
    /// <param name="title">Shown above the chart.</param>
    /// <param name="series">Name and one value per feature (length d_sae). Mostly zeros, of any sign.</param>
    /// <param name="noun">What one position is called in hover text.</param>
    /// <param name="arrangement">One row per series, or all in one pair of axes.</param>
    public static Figure Lines(string title, (string Name, IReadOnlyList<float> Values)[] series, string noun = "feature",
        Arrangement arrangement = Arrangement.Stacked) =>
        new(title, [.. series.Select(s => StemTrace.FromDense(s.Name, s.Values, noun))],
            new Axis(noun + " index"), new Axis("activation"), arrangement);

    /// <summary>
    /// Horizontal bars, the first on top. Bars above and below zero differ in direction, in the sign of their number and in
    /// colour. The order is the caller's.
    /// </summary>
    /// <param name="title">Shown above the chart.</param>
    /// <param name="differences">Label (a feature, with its description if there is one) and value.</param>
    /// <param name="axis">What the value is.</param>
    public static Figure TopDifferences(string title, IReadOnlyList<(string Label, double Value)> differences, string axis = "difference") =>
        new(title, [new BarTrace("", [.. differences.Select(d => d.Label)], [.. differences.Select(d => d.Value)], horizontal: true)],
            new Axis(axis));

    /// <summary>
    /// How often features fire: a histogram of log₁₀(density) over all features, four bins a power of ten. Features that never fired have no logarithm; the
    /// title counts them.
    /// </summary>
    /// <param name="title">Shown above the chart.</param>
    /// <param name="densities">For each feature the share of tokens it fired on, 0 to 1.</param>
    public static Figure Densities(string title, IReadOnlyList<double> densities)
    {
        // A density of 1 belongs to the last bin below it, not to one of its own.
        var alive = densities.Where(d => d > 0).Select(d => Math.Min(Math.Log10(d), -1e-9)).ToList();
        var dead = densities.Count - alive.Count;
        var note = dead is 0 ? "each fired at least once" : $"{Numbers.Count(dead)} never fired";
        return new($"{title} ({Numbers.Count(densities.Count, "feature")}, {note})", [HistogramTrace.Of("", alive, 0.25)],
            new Axis("log₁₀ of the share of tokens a feature fires on"), new Axis("features"), height: 200);
    }
}
