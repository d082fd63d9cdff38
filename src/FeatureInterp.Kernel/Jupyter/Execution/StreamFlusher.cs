namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// Sends what cells have written about 20 times a second. On a thread of its own: a cell may keep every thread of the pool busy,
/// and its progress should be seen all the same.
/// </summary>
internal sealed class StreamFlusher : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly HashSet<StreamBuffer> _waiting = [];
    private readonly AutoResetEvent _work = new(initialState: false);
    private volatile bool _ended;

    /// <summary>Starts the thread.</summary>
    public StreamFlusher() => new Thread(Run) { IsBackground = true, Name = "stream flusher" }.Start();

    /// <summary>Has a buffer flushed after a moment.</summary>
    public void Soon(StreamBuffer buffer)
    {
        lock (_gate)
            _waiting.Add(buffer);
        _work.Set();
    }

    /// <summary>Flushes every buffer that waits.</summary>
    public void FlushAll()
    {
        StreamBuffer[] buffers;
        lock (_gate)
        {
            buffers = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var buffer in buffers)
            buffer.Flush();
    }

    /// <summary>Ends the thread; what waits is flushed first.</summary>
    public void Dispose()
    {
        _ended = true;
        _work.Set();
        FlushAll();
    }

    private void Run()
    {
        while (!_ended)
        {
            _work.WaitOne();
            Thread.Sleep(Interval);
            FlushAll();
        }
    }
}
