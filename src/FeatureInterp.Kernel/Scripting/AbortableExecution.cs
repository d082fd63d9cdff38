using System.Runtime;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>How an execution ended.</summary>
internal enum ExecutionEnd
{
    /// <summary>By itself, with or without an exception.</summary>
    Finished,

    /// <summary>It did not listen and its code was stopped.</summary>
    Aborted,

    /// <summary>It could not be stopped (a blocked wait) and was left behind on its background thread.</summary>
    Abandoned,
}

/// <summary>
/// Runs a cell so that its end can always be had. Cancelling first leaves it time to notice the token; then, where that was asked for,
/// its code is aborted where it stands, which also ends a loop that never looks; what is still running after that is abandoned.
/// </summary>
/// <remarks>
/// Aborting is not safe: with .NET 10.0.12 it ends the whole process with a segmentation fault when it hits a hot recursive method
/// (plain loops and calls have always survived it), and a loop around a catch-all sometimes swallows the abort. A run that has files to write and then exits must not use it.
/// </remarks>
internal static class AbortableExecution
{
    private const int StackBytes = 16 << 20;
    private static readonly TimeSpan CooperativeGrace = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan AbortGrace = TimeSpan.FromMilliseconds(700);

    /// <summary>Runs <paramref name="body"/> on a thread of its own and waits for it, or for the end that cancelling brings.</summary>
    /// <param name="body">The cell.</param>
    /// <param name="abortUnresponsive">Whether code that does not listen is aborted before it is abandoned.</param>
    /// <param name="token">Ends it.</param>
    /// <returns>How it ended. An exception of the body is thrown.</returns>
    public static async Task<ExecutionEnd> RunAsync(Func<Task> body, bool abortUnresponsive, CancellationToken token)
    {
        // Not disposed: an abandoned execution may still look at it.
        var abort = new CancellationTokenSource();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Execute(body, abort.Token, done), StackBytes) { IsBackground = true, Name = "cell" }.Start();

        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (token.UnsafeRegister(static c => ((TaskCompletionSource)c!).TrySetResult(), cancelled).ConfigureAwait(false))
            await Task.WhenAny(done.Task, cancelled.Task).ConfigureAwait(false);
        if (!await EndsWithin(done.Task, CooperativeGrace, token).ConfigureAwait(false))
        {
            if (!abortUnresponsive)
                return ExecutionEnd.Abandoned;
            // Aborting waits until the thread can be stopped, which a blocked one delays: never on this thread.
            new Thread(abort.Cancel) { IsBackground = true, Name = "abort" }.Start();
            if (!await EndsWithin(done.Task, AbortGrace, token).ConfigureAwait(false))
                return ExecutionEnd.Abandoned;
        }

        if (abort.IsCancellationRequested && done.Task.Status != TaskStatus.RanToCompletion)
            return ExecutionEnd.Aborted;
        await done.Task.ConfigureAwait(false);
        return ExecutionEnd.Finished;
    }

    private static async Task<bool> EndsWithin(Task task, TimeSpan time, CancellationToken cancelled) =>
        task.IsCompleted || !cancelled.IsCancellationRequested
        || await Task.WhenAny(task, Task.Delay(time, CancellationToken.None)).ConfigureAwait(false) == task;

#pragma warning disable SYSLIB0046 // The only way to end code that does not listen; the second step, and the user asked for it.
    private static void Execute(Func<Task> body, CancellationToken abort, TaskCompletionSource done)
    {
        SynchronizationContext.SetSynchronizationContext(new AbortableContext(abort, done));
        Task? task = null;
        try
        {
            ControlledExecution.Run(() => task = body(), abort);
            _ = task!.ContinueWith(t => done.TrySetFromTask(t), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        catch (OperationCanceledException)
        {
            done.TrySetCanceled(abort);
        }
        catch (Exception e)
        {
            done.TrySetException(e);
        }
    }

    /// <summary>
    /// Runs what follows an await on the thread pool, each piece abortable too. Not a single-threaded context: in a notebook
    /// <c>task.Result</c> would then wait for itself.
    /// </summary>
    private sealed class AbortableContext(CancellationToken abort, TaskCompletionSource done) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => ThreadPool.QueueUserWorkItem(_ =>
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                ControlledExecution.Run(() => d(state), abort);
            }
            catch (OperationCanceledException) when (abort.IsCancellationRequested)
            {
                done.TrySetCanceled(abort);
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        });

        public override SynchronizationContext CreateCopy() => this;
    }
#pragma warning restore SYSLIB0046
}
