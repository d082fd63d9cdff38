using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace FeatureInterp.Tensors;

/// <summary>A set of threads that serve one caller at a time; <see cref="Workers"/> sees to that.</summary>
internal sealed class WorkerPool
{
    private static readonly long SpinTicks = Stopwatch.Frequency / 5000; // 200 µs

    private const int Closed = int.MinValue;

    private readonly Worker[] _workers;
    private Action<int>? _body;
    private ExceptionDispatchInfo? _failure;
    private int _chunks;
    private int _next;
    private int _round;

    // How many workers are in the present round; negative (the top bit set) once it takes no more of them.
    private int _joined = Closed;
    private volatile bool _stopped;

    public WorkerPool(int threads)
    {
        _workers = new Worker[threads];
        for (var i = 0; i < threads; i++)
            _workers[i] = new Worker(this, i);
    }

    public void Run(int chunks, Action<int> body)
    {
        _body = body;
        _failure = null;
        _chunks = chunks;
        _next = 0;
        Volatile.Write(ref _joined, 0);
        Interlocked.Increment(ref _round);
        foreach (var worker in _workers)
            worker.Wake();
        TakeChunks();
        Close();
        _body = null;
        _failure?.Throw();
    }

    public void Stop()
    {
        _stopped = true;
        Interlocked.Increment(ref _round);
        foreach (var worker in _workers)
            worker.Wake();
    }

    private void TakeChunks()
    {
        try
        {
            var body = _body!;
            for (var chunk = Interlocked.Increment(ref _next) - 1; chunk < _chunks; chunk = Interlocked.Increment(ref _next) - 1)
                body(chunk);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
            Interlocked.Exchange(ref _next, _chunks);
        }
    }

    // A worker that wakes too late for this round is not waited for. Two threads may share one processor, so a waiter that
    // only spun would hold up what it waits for until the scheduler's next tick.
    private void Close()
    {
        Interlocked.Or(ref _joined, Closed);
        for (var spins = 0; Volatile.Read(ref _joined) != Closed; spins++)
        {
            if (spins < 64)
                Thread.SpinWait(8);
            else
                Thread.Yield();
        }
    }

    private void Join()
    {
        for (var joined = Volatile.Read(ref _joined); joined >= 0; joined = Volatile.Read(ref _joined))
        {
            if (Interlocked.CompareExchange(ref _joined, joined + 1, joined) != joined)
                continue;
            TakeChunks();
            Interlocked.Decrement(ref _joined);
            return;
        }
    }

    private sealed class Worker
    {
        private readonly WorkerPool _pool;
        private readonly SemaphoreSlim _wake = new(0);
        private int _parked;

        public Worker(WorkerPool pool, int index)
        {
            _pool = pool;
            new Thread(Loop) { IsBackground = true, Name = $"FeatureInterp worker {index + 1}" }.Start();
        }

        public void Wake()
        {
            // A worker that parks at this very moment either sees the new round or is seen here.
            if (Volatile.Read(ref _parked) == 1 && Interlocked.CompareExchange(ref _parked, 0, 1) == 1)
                _wake.Release();
        }

        private void Loop()
        {
            Workers.EnterWorker();
            for (var round = 0; !_pool._stopped;)
            {
                WaitForRound(round);
                round = Volatile.Read(ref _pool._round);
                _pool.Join();
            }
        }

        private void WaitForRound(int seen)
        {
            var start = Stopwatch.GetTimestamp();
            for (var spins = 1; Volatile.Read(ref _pool._round) == seen; spins++)
            {
                Thread.SpinWait(8);
                if (spins % 16 != 0)
                    continue;
                if (Stopwatch.GetTimestamp() - start > SpinTicks)
                    Park(seen);
                else
                    Thread.Yield();
            }
        }

        private void Park(int seen)
        {
            Interlocked.Exchange(ref _parked, 1);
            // If the round moved on meanwhile, take the mark back; when the waker was faster, its release must be consumed.
            if (Volatile.Read(ref _pool._round) == seen || Interlocked.CompareExchange(ref _parked, 0, 1) == 0)
                _wake.Wait();
        }
    }
}
