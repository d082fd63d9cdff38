namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// Runs a cell on a background thread of its own, so that its end can always be had: a cell that does not notice the token is left
/// behind. Nothing stops it there, so what started it should come to its end too, as a cancelled run does.
/// </summary>
/// <remarks>
/// <c>ControlledExecution</c> could stop such a cell, but is not safe: with .NET 10.0.12 it ends the whole process when it hits hot
/// recursive code, and a loop around a catch-all sometimes swallows it.
/// </remarks>
internal static class CellThread
{
    private const int StackBytes = 16 << 20;
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(300);

    /// <summary>Runs <paramref name="body"/> and waits for it; after cancelling, for a moment only.</summary>
    /// <param name="body">The cell.</param>
    /// <param name="token">Ends the waiting.</param>
    /// <returns>Whether the cell came to its end. An exception of the body is thrown.</returns>
    public static async Task<bool> RunAsync(Func<Task> body, CancellationToken token)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Execute(body, done), StackBytes) { IsBackground = true, Name = "cell" }.Start();

        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (token.UnsafeRegister(static c => ((TaskCompletionSource)c!).TrySetResult(), cancelled).ConfigureAwait(false))
            await Task.WhenAny(done.Task, cancelled.Task).ConfigureAwait(false);
        if (!done.Task.IsCompleted && await Task.WhenAny(done.Task, Task.Delay(Grace, CancellationToken.None)).ConfigureAwait(false) != done.Task)
            return false;
        await done.Task.ConfigureAwait(false);
        return true;
    }

    private static void Execute(Func<Task> body, TaskCompletionSource done)
    {
        try
        {
            _ = body().ContinueWith(t => done.TrySetFromTask(t), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        catch (Exception e)
        {
            done.TrySetException(e);
        }
    }
}
