using System.Collections.Immutable;

namespace FeatureInterp.Kernel.Runner;

/// <summary>How to run a notebook.</summary>
public sealed record RunOptions
{
    /// <summary>The notebook's folder, where relative <c>#r</c> paths start.</summary>
    public required string BaseDirectory { get; init; }

    /// <summary>Values for variables of the parameters cell, by name; none by default.</summary>
    public ImmutableSortedDictionary<string, string> Parameters { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>How long one cell may run before it is stopped, which counts as its failing; null for as long as it takes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Whether the cells after a failing one run too.</summary>
    public bool KeepGoing { get; init; }
}
