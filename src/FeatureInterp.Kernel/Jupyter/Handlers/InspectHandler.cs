using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary><c>inspect_request</c>: what the name at the cursor is.</summary>
/// <param name="host">Knows the session's code.</param>
internal sealed class InspectHandler(ICellHost host) : IRequestHandler
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Types => ["inspect_request"];

    /// <inheritdoc/>
    public bool BesideCells => false;

    /// <inheritdoc/>
    public Task<JsonObject?> HandleAsync(Request request, CancellationToken token)
    {
        var code = request.Content.Text("code");
        var position = CodePoints.ToUtf16(code, request.Content.Number("cursor_pos", code.Length));
        var found = host.Assistant.Inspect(code, position, request.Content.Number("detail_level", 0) > 0 ? 1 : 0, token);
        var reply = Replies.Ok();
        reply["found"] = found is not null;
        reply["data"] = found is null ? [] : MimeJson.From(found.Data);
        reply["metadata"] = new JsonObject();
        return Task.FromResult<JsonObject?>(reply);
    }
}
