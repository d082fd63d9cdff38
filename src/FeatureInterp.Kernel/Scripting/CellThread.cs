using System.Diagnostics;
using System.Runtime;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// Runs a cell on a background thread of its own and brings it to an end when it is cancelled. Safe points end the cell's own code at once;
/// what waits is woken a moment later; a cell that only awaits something, or is deep in a library that listens to nothing, is left behind.
/// </summary>
/// <remarks>
/// <c>ControlledExecution</c> could end the library's loop too, but ends the whole process more often than not: with .NET 10.0.12, out of
/// 100 runs each, a hot recursion 95 times, <c>Enumerable.Where</c> and <c>Any</c> 94 times, <c>Enumerable.Sum</c> 47 times, a
/// regular expression 35 times. So it is used only where the environment variable <c>FEATUREINTERP_ABORT</c> is <c>1</c>.
/// </remarks>
internal static class CellThread
{
    private const int StackBytes = 16 << 20;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan UntilWaking = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan UntilAbort = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan UntilGivenUp = TimeSpan.FromMilliseconds(600);

    // An await that heard of the cancelling needs a moment to find a thread to go on with.
    private static readonly TimeSpan UntilIdle = TimeSpan.FromMilliseconds(250);

    private static bool MayAbort => Environment.GetEnvironmentVariable("FEATUREINTERP_ABORT") is "1";

    /// <summary>Runs <paramref name="body"/> and waits for it; after cancelling, for a moment only.</summary>
    /// <param name="body">The cell, which makes <paramref name="context"/> its own.</param>
    /// <param name="context">The cell's token ends it.</param>
    /// <returns>The cell's end. It completes, and fails where the body throws, even if that is long after.</returns>
    public static async Task<CellEnd> RunAsync(Func<Task> body, CellContext context)
    {
        using var abort = new CancellationTokenSource();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var abortToken = MayAbort ? abort.Token : (CancellationToken?)null;
        new Thread(() => Execute(body, done, abortToken), StackBytes) { IsBackground = true, Name = context.Name }.Start();

        var givenUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (context.Token.UnsafeRegister(_ => Stop(done.Task, context, abort, givenUp), null).ConfigureAwait(false))
            await Task.WhenAny(done.Task, givenUp.Task).ConfigureAwait(false);
        if (!done.Task.IsCompleted)
            context.Threads.Abandon();
        return new CellEnd(done.Task.IsCompleted, done.Task);
    }

    private static void Stop(Task done, CellContext context, CancellationTokenSource abort, TaskCompletionSource givenUp)
    {
        context.Threads.Stop();
        // On a thread of its own, because the cell may have filled the pool with waiting ones.
        new Thread(() => Supervise(done, context, abort, givenUp)) { IsBackground = true, Name = "interrupt" }.UnsafeStart();
    }

    private static void Supervise(Task done, CellContext context, CancellationTokenSource abort, TaskCompletionSource givenUp)
    {
        var clock = Stopwatch.StartNew();
        var idleSince = TimeSpan.Zero;
        while (!((IAsyncResult)done).AsyncWaitHandle.WaitOne(Step) && clock.Elapsed < UntilGivenUp)
        {
            if (clock.Elapsed >= UntilWaking)
                context.Threads.WakeBlocked();
            if (clock.Elapsed >= UntilAbort && MayAbort)
                Abort(abort);
            if (context.Threads.Count > 0)
                idleSince = clock.Elapsed;
            else if (clock.Elapsed - idleSince >= UntilIdle)
                break;
        }

        givenUp.TrySetResult();
    }

    private static void Abort(CancellationTokenSource abort)
    {
        try
        {
            abort.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The cell came to its end meanwhile.
        }
    }

    private static void Execute(Func<Task> body, TaskCompletionSource done, CancellationToken? abort)
    {
        try
        {
#pragma warning disable SYSLIB0046 // Asked for by whoever set the variable, who was told what it can do.
            if (abort is { } token)
                ControlledExecution.Run(Start, token);
            else
                Start();
#pragma warning restore SYSLIB0046
        }
        catch (Exception e)
        {
            done.TrySetException(e);
        }

        void Start() =>
            _ = body().ContinueWith(t => done.TrySetFromTask(t), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}

/// <summary>How the waiting for a cell ended.</summary>
/// <param name="Finished">Whether the cell came to its end; otherwise it was left behind.</param>
/// <param name="Task">Its end, now or later.</param>
internal readonly record struct CellEnd(bool Finished, Task Task);
