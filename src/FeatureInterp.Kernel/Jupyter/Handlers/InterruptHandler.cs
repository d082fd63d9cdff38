using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary><c>interrupt_request</c>: ends the cell that runs; its variables and those of earlier cells stay.</summary>
/// <param name="running">What is ended.</param>
internal sealed class InterruptHandler(RunningWork running) : IRequestHandler
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Types => ["interrupt_request"];

    /// <inheritdoc/>
    public bool BesideCells => true;

    /// <inheritdoc/>
    public Task<JsonObject?> HandleAsync(Request request, CancellationToken token)
    {
        // Over shell it comes when nothing else runs, and must not end itself.
        if (request.Channel == RequestChannel.Control)
            running.Interrupt();
        return Task.FromResult<JsonObject?>(Replies.Ok());
    }
}
