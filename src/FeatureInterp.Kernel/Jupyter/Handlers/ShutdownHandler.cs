using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary><c>shutdown_request</c>: ends the kernel after telling everybody.</summary>
/// <param name="outlet">Where everybody is told.</param>
/// <param name="shutdown">Begins the end; returns at once.</param>
internal sealed class ShutdownHandler(IMessageOutlet outlet, Action shutdown) : IRequestHandler
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Types => ["shutdown_request"];

    /// <inheritdoc/>
    public bool BesideCells => true;

    /// <inheritdoc/>
    public Task<JsonObject?> HandleAsync(Request request, CancellationToken token)
    {
        var reply = Replies.Ok();
        reply["restart"] = request.Content.Flag("restart", otherwise: false);
        outlet.Publish("shutdown_reply", request.Message.Header, (JsonObject)reply.DeepClone());
        shutdown();
        return Task.FromResult<JsonObject?>(reply);
    }
}
