using System.Diagnostics;
using System.Globalization;

namespace FeatureInterp.Analysis;

/// <summary>How far an ablation is.</summary>
/// <param name="Done">Lines that are done. A line that is looked at more closely counts again, and its text once more.</param>
/// <param name="Total">Lines there will be.</param>
/// <param name="Elapsed">The time since the beginning.</param>
/// <param name="Earlier">Of <paramref name="Done"/>, what an earlier run did.</param>
public readonly record struct AblationProgress(long Done, long Total, TimeSpan Elapsed, long Earlier = 0)
{
    /// <summary>The time left at the pace so far; null before this run has done anything.</summary>
    public TimeSpan? Left => Done > Earlier ? Elapsed * ((Total - Done) / (double)(Done - Earlier)) : null;

    /// <summary>The share that is done, 0 to 1.</summary>
    public double Share => Total > 0 ? Done / (double)Total : 1;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Done} of {Total} ablations{(Left is { } left ? $", about {Math.Ceiling(left.TotalSeconds)} s left" : "")}{(Earlier > 0 ? $" ({Earlier} by an earlier run)" : "")}");
}

/// <summary>Counts an ablation's lines.</summary>
internal sealed class AblationCounter(IProgress<AblationProgress>? progress, long total)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _done;
    private long _earlier;

    /// <summary>Lines that an earlier run did.</summary>
    public void Skip(long lines)
    {
        _earlier += lines;
        if (lines > 0)
            Add(lines);
    }

    public void Add(long lines)
    {
        _done += lines;
        progress?.Report(new AblationProgress(_done, total, Stopwatch.GetElapsedTime(_start), _earlier));
    }
}
