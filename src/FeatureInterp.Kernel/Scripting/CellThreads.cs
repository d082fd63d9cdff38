using System.Diagnostics;
using FeatureInterp.Kernel.Interactive;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>The threads that run a cell's code at this moment: its own and those of the pool that its continuations and tasks came to.</summary>
/// <remarks>
/// <see cref="Enter"/> and <see cref="Leave"/> are called by the runtime in the middle of switching contexts, where an exception ends the
/// process. So the lock is one that cannot be interrupted, and no thread that holds it waits for anything.
/// </remarks>
internal sealed class CellThreads
{
    // After the first exception a safe point threw, what runs then is mostly finally blocks and Dispose: they are left alone for a moment.
    private static readonly TimeSpan CleanUp = TimeSpan.FromMilliseconds(40);

    private readonly List<Thread> _inside = [];
    private readonly List<Thread> _woken = [];
    private volatile bool _stopping;
    private volatile bool _abandoned;
    private volatile bool _interfered;
    private long _firstThrow;
    private int _gate;

    /// <summary>How many threads run the cell's code now; none while it awaits something.</summary>
    public int Count
    {
        get
        {
            Lock();
            var count = _inside.Count;
            Unlock();
            return count;
        }
    }

    /// <summary>Whether a safe point threw or a waiting thread was woken: whatever the cell made of that, it did not come to its end by itself.</summary>
    public bool Interfered => _interfered;

    /// <summary>The calling thread starts running the cell's code.</summary>
    public void Enter()
    {
        Lock();
        _inside.Add(Thread.CurrentThread);
        if (_stopping)
            SafePoint.Count(1);
        Unlock();
    }

    /// <summary>The calling thread goes back to other work, and takes no interrupt of this cell along.</summary>
    public void Leave()
    {
        Lock();
        if (_inside.Remove(Thread.CurrentThread) && _stopping)
            SafePoint.Count(-1);
        var woken = _woken.Remove(Thread.CurrentThread);
        Unlock();
        if (!woken)
            return;
        try
        {
            Thread.Sleep(0);
        }
        catch (ThreadInterruptedException)
        {
            // It was woken when it had just stopped waiting by itself.
        }
    }

    /// <summary>Makes safe points throw from now on.</summary>
    public void Stop()
    {
        Lock();
        if (!_stopping)
        {
            _stopping = true;
            SafePoint.Count(_inside.Count);
        }

        Unlock();
    }

    /// <summary>Ends the waiting of every thread that sleeps, joins or waits for a lock, a task or an event.</summary>
    public void WakeBlocked()
    {
        Lock();
        foreach (var thread in _inside)
        {
            if (!thread.ThreadState.HasFlag(System.Threading.ThreadState.WaitSleepJoin))
                continue;
            if (!_woken.Contains(thread))
                _woken.Add(thread);
            _interfered = true;
            thread.Interrupt();
        }

        Unlock();
    }

    /// <summary>Ends what the calling thread does, if its cell was cancelled.</summary>
    public void ThrowIfStopping(CancellationToken token)
    {
        if (!_stopping)
            return;
        var now = Stopwatch.GetTimestamp();
        var first = Interlocked.CompareExchange(ref _firstThrow, now, 0);
        if (first != 0 && Stopwatch.GetElapsedTime(first, now) <= CleanUp)
            return;
        _interfered = true;
        throw Interruption(token);
    }

    /// <summary>The cell is waited for no longer.</summary>
    public void Abandon() => _abandoned = true;

    /// <summary>Ends what the calling thread does, if its cell is waited for no longer.</summary>
    public void ThrowIfAbandoned(CancellationToken token)
    {
        if (_abandoned)
            throw Interruption(token);
    }

    private static OperationCanceledException Interruption(CancellationToken token) => new("The cell was interrupted.", token);

    private void Lock()
    {
        while (Interlocked.CompareExchange(ref _gate, 1, 0) != 0)
            Thread.Yield();
    }

    private void Unlock() => Volatile.Write(ref _gate, 0);
}
