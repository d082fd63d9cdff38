namespace FeatureInterp.Models;

/// <summary>Counts the bytes of all files of a pull and tells how far it is, at most ten times a second.</summary>
internal sealed class ProgressMeter(IProgress<DownloadProgress>? sink, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Queue<(long Time, long Fetched)> _samples = new();
    private long _total;
    private long _done;
    private long _fetched;
    private bool _totalKnown = true;
    private long _lastReport;
    private bool _reported;

    /// <summary>Bytes that came over the network.</summary>
    public long Fetched
    {
        get
        {
            lock (_gate)
                return _fetched;
        }
    }

    /// <summary>Announces a file; null when its length is not known.</summary>
    public void Expect(long? bytes)
    {
        lock (_gate)
        {
            _totalKnown &= bytes is not null;
            _total += bytes ?? 0;
        }
    }

    /// <summary>Bytes that need not be fetched because they are there already; below zero for such that have to be fetched again.</summary>
    public void Have(string file, long bytes)
    {
        lock (_gate)
        {
            _done += bytes;
            Report(file, null, always: true);
        }
    }

    /// <summary>Bytes that arrived.</summary>
    public void Arrived(string file, int bytes)
    {
        lock (_gate)
        {
            _done += bytes;
            _fetched += bytes;
            Report(file, null, always: false);
        }
    }

    /// <summary>Says what is waited for, or done again.</summary>
    public void Note(string file, string note)
    {
        lock (_gate)
            Report(file, note, always: true);
    }

    private void Report(string file, string? note, bool always)
    {
        if (sink is null)
            return;
        var now = clock.GetTimestamp();
        var isLast = _totalKnown && _done == _total;
        if (!always && !isLast && _reported && clock.GetElapsedTime(_lastReport, now) < Pause)
            return;
        (_lastReport, _reported) = (now, true);
        _samples.Enqueue((now, _fetched));
        while (_samples.Count > 2 && clock.GetElapsedTime(_samples.Peek().Time, now) > Window)
            _samples.Dequeue();
        var (time, fetched) = _samples.Peek();
        var seconds = clock.GetElapsedTime(time, now).TotalSeconds;
        double? speed = seconds > 0.2 && _fetched > fetched ? (_fetched - fetched) / seconds : null;
        TimeSpan? left = _totalKnown && speed is { } s ? TimeSpan.FromSeconds(Math.Min((_total - _done) / s, TimeSpan.MaxValue.TotalSeconds / 2)) : null;
        sink.Report(new DownloadProgress(file, _done, _totalKnown ? _total : null, speed, left, note));
    }
}
