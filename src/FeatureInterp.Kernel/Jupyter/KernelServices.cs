namespace FeatureInterp.Kernel.Jupyter;

/// <summary>A kernel without its sockets: every handler, wired to one place where cells run and one where messages go.</summary>
internal sealed class KernelServices : IDisposable
{
    /// <summary>Wires a kernel.</summary>
    /// <param name="outlet">Where messages go.</param>
    /// <param name="host">What runs cells.</param>
    /// <param name="watch">Knows which cell runs.</param>
    /// <param name="shutdown">Begins the end; returns at once.</param>
    /// <param name="overflowFolder">The folder for output too long to send, or null.</param>
    public KernelServices(IMessageOutlet outlet, ICellHost host, ICellWatch watch, Action shutdown, string? overflowFolder)
    {
        var history = new ExecutionHistory();
        Input = new InputRequests(outlet);
        Dispatcher = new Dispatcher(outlet, Running,
        [
            new KernelInfoHandler(watch),
            new ExecuteHandler(host, new CellOutputs(outlet, Flusher, Input, overflowFolder), history, watch),
            new CompleteHandler(host),
            new InspectHandler(host),
            new IsCompleteHandler(host),
            new HistoryHandler(history),
            new CommHandler(outlet),
            new InterruptHandler(Running),
            new ShutdownHandler(outlet, shutdown),
        ]);
    }

    /// <summary>Answers requests.</summary>
    public Dispatcher Dispatcher { get; }

    /// <summary>What an interrupt ends.</summary>
    public RunningWork Running { get; } = new();

    /// <summary>Takes answers from the user.</summary>
    public InputRequests Input { get; }

    /// <summary>Sends text that waits.</summary>
    public StreamFlusher Flusher { get; } = new();

    /// <inheritdoc/>
    public void Dispose() => Flusher.Dispose();
}
