using System.Diagnostics;
using System.Globalization;

namespace FeatureInterp.Analysis;

/// <summary>How far an ablation is.</summary>
/// <param name="Done">Lines that are done. A line that is looked at more closely counts again, and its text once more.</param>
/// <param name="Total">Lines there will be.</param>
/// <param name="Elapsed">The time since the beginning.</param>
public readonly record struct AblationProgress(long Done, long Total, TimeSpan Elapsed)
{
    /// <summary>The time left at the pace so far; null before anything is done.</summary>
    public TimeSpan? Left => Done > 0 ? Elapsed * ((Total - Done) / (double)Done) : null;

    /// <summary>The share that is done, 0 to 1.</summary>
    public double Share => Total > 0 ? Done / (double)Total : 1;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Done} of {Total} ablations{(Left is { } left ? $", about {Math.Ceiling(left.TotalSeconds)} s left" : "")}");
}

/// <summary>Counts an ablation's lines.</summary>
internal sealed class AblationCounter(IProgress<AblationProgress>? progress, long total)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _done;

    public void Add(long lines)
    {
        _done += lines;
        progress?.Report(new AblationProgress(_done, total, Stopwatch.GetElapsedTime(_start)));
    }
}
