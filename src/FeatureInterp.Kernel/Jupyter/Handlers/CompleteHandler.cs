using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary><c>complete_request</c>: what could stand at the cursor.</summary>
/// <param name="host">Knows the session's code.</param>
internal sealed class CompleteHandler(ICellHost host) : IRequestHandler
{
    private const int MaxMatches = 5000;

    /// <inheritdoc/>
    public IReadOnlyList<string> Types => ["complete_request"];

    /// <inheritdoc/>
    public bool BesideCells => false;

    /// <inheritdoc/>
    public Task<JsonObject?> HandleAsync(Request request, CancellationToken token)
    {
        var code = request.Content.Text("code");
        var position = CodePoints.ToUtf16(code, request.Content.Number("cursor_pos", code.Length));
        var found = host.Assistant.Complete(code, position, token);
        var (start, end) = (CodePoints.FromUtf16(code, found.Start), CodePoints.FromUtf16(code, found.End));
        var items = found.Items.Take(MaxMatches).ToArray();

        var reply = Replies.Ok();
        reply["matches"] = new JsonArray([.. items.Select(i => (JsonNode)i.Text)]);
        reply["cursor_start"] = start;
        reply["cursor_end"] = end;
        // Not in the protocol; JupyterLab and VS Code draw icons and signatures from it.
        reply["metadata"] = new JsonObject
        {
            ["_jupyter_types_experimental"] = new JsonArray([.. items.Select(i => new JsonObject
            {
                ["text"] = i.Text,
                ["type"] = i.Kind,
                ["signature"] = i.Signature ?? "",
                ["start"] = start,
                ["end"] = end,
            })]),
        };
        return Task.FromResult<JsonObject?>(reply);
    }
}
