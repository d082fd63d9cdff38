using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Interactive;

/// <summary>What a running cell may ask of the kernel that runs it.</summary>
public static class KernelContext
{
    // Flows into tasks and threads the cell starts, so that their output finds its cell even when sessions run side by side. The
    // runtime calls the handler on every thread that starts or ends running in a cell's flow: that is how its threads are known.
    private static readonly AsyncLocal<CellContext?> Running = new(static change =>
    {
        change.PreviousValue?.Threads.Leave();
        change.CurrentValue?.Threads.Enter();
    });

    /// <summary>Cancelled when the cell should stop (Ctrl-C, an interrupt). Pass it to anything that takes long.</summary>
    public static CancellationToken CancellationToken => Running.Value?.Token ?? CancellationToken.None;

    internal static CellContext? Current
    {
        get => Running.Value;
        set => Running.Value = value;
    }
}
