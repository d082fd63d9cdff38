using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary><c>history_request</c>: cells run before, by number (<c>range</c>), the last ones (<c>tail</c>) or those that match a pattern (<c>search</c>).</summary>
/// <param name="history">This session's cells. Earlier sessions are not kept: the notebook has them.</param>
internal sealed class HistoryHandler(ExecutionHistory history) : IRequestHandler
{
    // Sessions are numbered from 1; a front end may also name the one that runs as 0.
    private const int ThisSession = 1;

    /// <inheritdoc/>
    public IReadOnlyList<string> Types => ["history_request"];

    /// <inheritdoc/>
    public bool BesideCells => false;

    /// <inheritdoc/>
    public Task<JsonObject?> HandleAsync(Request request, CancellationToken token)
    {
        var content = request.Content;
        var found = content.Text("hist_access_type", "tail") switch
        {
            "tail" => Last(history.Entries, content),
            "range" => Range(content),
            "search" => Search(content),
            var other => throw new BadRequestException($"history_request: '{other}' is no way to look; wanted is tail, range or search."),
        };
        var withOutput = content.Flag("output", otherwise: false);
        var reply = Replies.Ok();
        reply["history"] = new JsonArray([.. found.Select(e => (JsonNode)new JsonArray(ThisSession, e.Number, withOutput ? new JsonArray(e.Code, e.Output) : e.Code))]);
        return Task.FromResult<JsonObject?>(reply);
    }

    private IEnumerable<HistoryEntry> Range(RequestContent content)
    {
        if (content.Number("session", 0) is not (0 or ThisSession))
            return [];
        var start = content.Number("start", 1);
        var stop = content.Number("stop", int.MaxValue);
        return history.Entries.Where(e => e.Number >= start && e.Number < stop);
    }

    private IEnumerable<HistoryEntry> Search(RequestContent content)
    {
        var pattern = content.Text("pattern", "*");
        IEnumerable<HistoryEntry> found = history.Entries.Where(e => Glob.Matches(pattern, e.Code));
        if (content.Flag("unique", otherwise: false))
            found = found.Reverse().DistinctBy(e => e.Code, StringComparer.Ordinal).Reverse();
        return Last([.. found], content);
    }

    private static IEnumerable<HistoryEntry> Last(IReadOnlyList<HistoryEntry> entries, RequestContent content) =>
        content.Number("n", int.MaxValue) is var n and >= 0 ? entries.Skip(Math.Max(0, entries.Count - n)) : throw new BadRequestException("history_request: 'n' is negative, and wanted is how many.");
}
