using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// <c>comm_info_request</c>, <c>comm_open</c>, <c>comm_msg</c>, <c>comm_close</c>: widgets' private lines to a kernel. This kernel has
/// no target to open one to, so every attempt is closed at once, as the protocol wants, and the list of open ones is empty.
/// </summary>
/// <param name="outlet">Where the closing goes.</param>
internal sealed class CommHandler(IMessageOutlet outlet) : IRequestHandler
{
    private const int LongestId = 1024;

    /// <inheritdoc/>
    public IReadOnlyList<string> Types => ["comm_info_request", "comm_open", "comm_msg", "comm_close"];

    /// <inheritdoc/>
    public bool BesideCells => true;

    /// <inheritdoc/>
    public Task<JsonObject?> HandleAsync(Request request, CancellationToken token)
    {
        if (string.Equals(request.Type, "comm_info_request", StringComparison.Ordinal))
        {
            var reply = Replies.Ok();
            reply["comms"] = new JsonObject();
            return Task.FromResult<JsonObject?>(reply);
        }

        if (request.Type is "comm_open" or "comm_msg" && Id(request) is { } id)
            outlet.Publish("comm_close", request.Message.Header, new JsonObject { ["comm_id"] = id, ["data"] = new JsonObject() });
        return Task.FromResult<JsonObject?>(null);
    }

    // These have no reply that could carry a complaint.
    private static string? Id(Request request)
    {
        try
        {
            return request.Content.Text("comm_id") is { Length: <= LongestId } id ? id : null;
        }
        catch (BadRequestException)
        {
            return null;
        }
    }
}
