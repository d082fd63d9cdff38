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
/// Runs a cell so that it can always be ended. Cancelling first leaves it time to notice the token; then its code is aborted where it
/// stands, which also ends a loop that never looks; what is still blocked after that is abandoned.
/// </summary>
internal static class AbortableExecution
{
    private const int StackBytes = 16 << 20;
    private static readonly TimeSpan CooperativeGrace = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan AbortGrace = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs <paramref name="body"/> on a thread of its own and waits for it, or for the end that cancelling brings.</summary>
    /// <returns>How it ended. An exception of the body is thrown.</returns>
    public static async Task<ExecutionEnd> RunAsync(Func<Task> body, CancellationToken token)
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
