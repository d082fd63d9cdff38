using System.Diagnostics;
using System.Globalization;

namespace FeatureInterp.Analysis;

/// <summary>How far a steering sweep is.</summary>
/// <param name="Done">Tokens made so far; a text that ended early counts in full.</param>
/// <param name="Total">Tokens there will be at most.</param>
/// <param name="Elapsed">The time since the beginning.</param>
/// <param name="Earlier">Of <paramref name="Done"/>, what an earlier run did.</param>
public readonly record struct SteeringProgress(long Done, long Total, TimeSpan Elapsed, long Earlier = 0)
{
    /// <summary>The time left at the pace so far; null before this run has done anything.</summary>
    public TimeSpan? Left => Done > Earlier ? Elapsed * ((Total - Done) / (double)(Done - Earlier)) : null;

    /// <summary>The share that is done, 0 to 1.</summary>
    public double Share => Total > 0 ? Done / (double)Total : 1;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Done} of {Total} tokens{(Left is { } left ? $", about {Math.Ceiling(left.TotalSeconds)} s left" : "")}{(Earlier > 0 ? $" ({Earlier} by an earlier run)" : "")}");
}

/// <summary>Counts a sweep's tokens.</summary>
internal sealed class SteeringCounter(IProgress<SteeringProgress>? progress, long total, int tokensOfAText)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _done;
    private long _earlier;

    /// <summary>A token came.</summary>
    /// <param name="made">The number of tokens of its text now.</param>
    /// <param name="ended">Whether the text ends with it.</param>
    public void Token(int made, bool ended) => Add(ended ? tokensOfAText - made + 1 : 1);

    /// <summary>Texts that an earlier run made.</summary>
    public void Skip(int texts)
    {
        _earlier += (long)texts * tokensOfAText;
        Add((long)texts * tokensOfAText);
    }

    private void Add(long tokens)
    {
        _done += tokens;
        progress?.Report(new SteeringProgress(_done, total, Stopwatch.GetElapsedTime(_start), _earlier));
    }
}
