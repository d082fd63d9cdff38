using System.Collections.Immutable;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>In what two notebooks differ.</summary>
public enum DifferenceKind
{
    /// <summary>A cell is in one notebook only.</summary>
    Cell,

    /// <summary>A cell's text or language is another.</summary>
    Source,

    /// <summary>An output, or one of its MIME types, is in one notebook only.</summary>
    Output,

    /// <summary>Text that is not a number is another.</summary>
    Text,

    /// <summary>Lines, tags or items are in one notebook only.</summary>
    Lines,

    /// <summary>A number is further off than the tolerance allows.</summary>
    Number,

    /// <summary>A picture's bytes are others.</summary>
    Bytes,
}

/// <summary>Where in two notebooks a difference lies.</summary>
/// <param name="CellA">The cell's number in the first, from 1; null when it is not there.</param>
/// <param name="CellB">The cell's number in the second.</param>
/// <param name="Output">The output's number within its cell, from 1; null for the cell itself.</param>
/// <param name="MimeType">The MIME type, <c>stdout</c>, <c>stderr</c> or <c>error</c>; null for the cell itself.</param>
/// <param name="Line">The line within that, from 1, or null.</param>
/// <param name="Path">The place within JSON, e.g. <c>$.data[0].x[3]</c>, or null.</param>
public sealed record DifferencePlace(int? CellA, int? CellB, int? Output = null, string? MimeType = null, int? Line = null, string? Path = null);

/// <summary>One difference.</summary>
/// <param name="Kind">In what.</param>
/// <param name="Place">Where.</param>
/// <param name="A">What the first notebook has; null when nothing.</param>
/// <param name="B">What the second has.</param>
/// <param name="Distance">Of a number, <c>|a − b|</c>.</param>
/// <param name="Allowed">Of a number, the distance that would have been allowed.</param>
public sealed record NotebookDifference(DifferenceKind Kind, DifferencePlace Place, string? A, string? B, double? Distance = null, double? Allowed = null);

/// <summary>What a comparison found.</summary>
/// <param name="Differences">The differences in order of cells; of one output at most <see cref="NotebookDiff.MaxPerOutput"/>.</param>
/// <param name="Omitted">How many more there are.</param>
/// <param name="Numbers">How many numbers were compared.</param>
/// <param name="Volatile">How many durations, times and memory sizes were taken for granted.</param>
/// <param name="VolatileCells">How many cells tagged <c>volatile</c> were not looked into.</param>
/// <param name="Closest">The largest part of its allowance that any number used up, 0–1; how near the comparison was to failing.</param>
public sealed record NotebookDiffResult(
    ImmutableArray<NotebookDifference> Differences, int Omitted, int Numbers, int Volatile, int VolatileCells, double Closest)
{
    /// <summary>Whether the notebooks are the same within the tolerance.</summary>
    public bool Same => Differences.IsEmpty;
}
