using System.Globalization;

namespace FeatureInterp.Analysis;

/// <summary>How far a pass over a corpus is.</summary>
/// <param name="Rows">Rows done.</param>
/// <param name="RowsTotal">Rows there are; estimated while a long text is being read, null when that is not known.</param>
/// <param name="Tokens">Tokens done, special ones included.</param>
/// <param name="TokensPerSecond">Tokens done over the time taken so far; null at the beginning.</param>
/// <param name="TimeLeft">The time taken so far · rows left / rows done in it; null when either is not known.</param>
public sealed record CorpusProgress(int Rows, int? RowsTotal, long Tokens, double? TokensPerSecond, TimeSpan? TimeLeft)
{
    /// <summary>In words, such as <c>12 of 48 rows, 9,100 tokens/s, 2 s left</c>.</summary>
    public override string ToString()
    {
        var rows = RowsTotal is { } total ? $"{Rows:N0} of {total:N0} rows" : $"{Rows:N0} rows";
        var speed = TokensPerSecond is { } s ? $", {s:N0} tokens/s" : "";
        var left = TimeLeft is { } t ? t.TotalMinutes < 2 ? $", {t.TotalSeconds:N0} s left" : $", {t.TotalMinutes:N0} min left" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{rows}{speed}{left}");
    }
}

/// <summary>Tells how far a pass is, at most ten times a second and once at the end.</summary>
internal sealed class CorpusMeter(IProgress<CorpusProgress>? sink, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly long _start = clock.GetTimestamp();
    private long _lastReport = long.MinValue;
    private int _rows;
    private int _skipped;
    private long _tokens;

    /// <summary>How many rows there are, if that is known.</summary>
    public int? RowsTotal { get; set; }

    /// <summary>The share of a text that has been cut into rows, or 0.</summary>
    public double Read { get; set; }

    /// <summary>Counts rows that are done.</summary>
    public void Add(int rows, long tokens)
    {
        _rows += rows;
        _tokens += tokens;
        if (_lastReport == long.MinValue || clock.GetElapsedTime(_lastReport) >= Pause)
            Report();
    }

    /// <summary>Counts rows that an earlier pass did: they are done, but took no time.</summary>
    public void Skip(int rows)
    {
        _rows += rows;
        _skipped += rows;
    }

    /// <summary>Tells the end, whenever the last report was.</summary>
    public void Finish() => Report();

    private void Report()
    {
        if (sink is null)
            return;
        _lastReport = clock.GetTimestamp();
        var taken = clock.GetElapsedTime(_start, _lastReport);
        double? speed = taken > TimeSpan.Zero && _tokens > 0 ? _tokens / taken.TotalSeconds : null;
        var rowsTotal = RowsTotal ?? (Read is > 0 and <= 1 ? (int)Math.Min(int.MaxValue, Math.Round(_rows / Read)) : null);
        TimeSpan? left = rowsTotal is { } total && _rows > _skipped ? taken * (Math.Max(0, total - _rows) / (double)(_rows - _skipped)) : null;
        sink.Report(new CorpusProgress(_rows, rowsTotal, _tokens, speed, left));
    }
}
