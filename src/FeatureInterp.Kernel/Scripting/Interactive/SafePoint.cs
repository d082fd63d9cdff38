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

    // Asking for the stack's end costs several times what a small method does, and what must be left of it (64 KiB) is room for as many calls.
    private const uint EntriesBetween = 16;

    [ThreadStatic]
    private static uint _entered;

    /// <summary>Does nothing, unless the cell this thread works for was cancelled.</summary>
    /// <exception cref="OperationCanceledException">The cell was cancelled.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pass()
    {
        // Volatile, because a loop that does nothing else would have the read moved out of it.
        if (Volatile.Read(ref _stopping) != 0)
            Stop();
    }

    /// <summary>The same at the head of a method, where a recursion without end is stopped too, before the stack is full and the process lost.</summary>
    /// <exception cref="OperationCanceledException">The cell was cancelled.</exception>
    /// <exception cref="InsufficientExecutionStackException">Hardly any stack is left.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enter()
    {
        if ((++_entered % EntriesBetween) == 0)
            EnsureRoom();
        Pass();
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
    private static void EnsureRoom()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new InsufficientExecutionStackException("Methods called each other until the stack was nearly full; look for a recursion that does not end.");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Stop()
    {
        if (KernelContext.Current is { } cell)
            cell.Threads.ThrowIfStopping(cell.Token);
    }
}
