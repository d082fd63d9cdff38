using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace FeatureInterp.Kernel.Interactive;

/// <summary>
/// Where a running cell can be stopped. The kernel puts calls at the head of every loop, method and lambda of a
/// cell; nobody writes it by hand.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class SafePoint
{
    // How many threads run code of a cell that should stop. Zero nearly always, so that a pass is one comparison.
    private static int _stopping;

    /// <summary>Does nothing, unless the cell this thread works for was cancelled.</summary>
    /// <exception cref="OperationCanceledException">The cell was cancelled.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pass()
    {
        // Volatile, because a loop that does nothing else would have the read moved out of it.
        if (Volatile.Read(ref _stopping) != 0)
            Stop();
    }

    /// <summary>Does nothing, unless the cell this thread works for was left behind: then it does not go on to its next statement.</summary>
    /// <exception cref="OperationCanceledException">The cell was left behind.</exception>
    /// <remarks>A cell that was only cancelled goes on: it may have caught that to return what it has.</remarks>
    public static void Next()
    {
        if (Volatile.Read(ref _stopping) != 0 && KernelContext.Current is { } cell)
            cell.Threads.ThrowIfAbandoned(cell.Token);
    }

    internal static void Count(int threads) => Interlocked.Add(ref _stopping, threads);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Stop()
    {
        if (KernelContext.Current is { } cell)
            cell.Threads.ThrowIfStopping(cell.Token);
    }
}
