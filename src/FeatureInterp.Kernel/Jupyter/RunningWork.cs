namespace FeatureInterp.Kernel.Jupyter;

/// <summary>What an interrupt ends: the request the shell channel is at, if there is one.</summary>
internal sealed class RunningWork
{
    private readonly Lock _gate = new();
    private CancellationTokenSource? _current;

    /// <summary>Begins a request; disposing ends it.</summary>
    public Work Begin()
    {
        var source = new CancellationTokenSource();
        lock (_gate)
            _current = source;
        return new Work(this, source);
    }

    /// <summary>Cancels the request that runs now, and no later one. Returns whether one ran.</summary>
    public bool Interrupt()
    {
        lock (_gate)
        {
            if (_current is not { } source)
                return false;
            // What listens to the token may take its time, or wait for this thread.
            _ = Task.Run(source.Cancel);
            return true;
        }
    }

    private void End(CancellationTokenSource source)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_current, source))
                _current = null;
        }
        // Not disposed: threads the cell left behind may still look at the token.
    }

    /// <summary>A request that runs.</summary>
    internal readonly struct Work(RunningWork owner, CancellationTokenSource source) : IDisposable
    {
        /// <summary>Cancelled by an interrupt.</summary>
        public CancellationToken Token => source.Token;

        /// <inheritdoc/>
        public void Dispose() => owner.End(source);
    }
}
