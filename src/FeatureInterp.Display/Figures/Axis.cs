namespace FeatureInterp.Display;

/// <summary>One axis of a figure.</summary>
/// <param name="Label">What the axis shows, with its unit; empty for none.</param>
/// <param name="Minimum">Where the axis starts; null takes it from the data.</param>
/// <param name="Maximum">Where the axis ends; null takes it from the data.</param>
/// <param name="Categories">
/// Names of the positions 0, 1, 2, … instead of numbers, such as the tokens of a prompt; null for a numeric axis.
/// Bars bring their own.
/// </param>
public sealed record Axis(string Label = "", double? Minimum = null, double? Maximum = null, IReadOnlyList<string>? Categories = null);

/// <summary>How the traces of one figure share its room.</summary>
public enum Arrangement
{
    /// <summary>All traces in one pair of axes, with a legend when there are several.</summary>
    Overlaid,

    /// <summary>
    /// One row per trace over a common x axis. All rows have the same units per pixel, so heights can be compared across
    /// rows.
    /// </summary>
    Stacked,
}
