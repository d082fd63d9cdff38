using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary><c>is_complete_request</c>: whether a console should run the code or let the user go on writing.</summary>
/// <param name="host">Knows the session's code.</param>
internal sealed class IsCompleteHandler(ICellHost host) : IRequestHandler
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Types => ["is_complete_request"];

    /// <inheritdoc/>
    public bool BesideCells => false;

    /// <inheritdoc/>
    public Task<JsonObject?> HandleAsync(Request request, CancellationToken token)
    {
        var code = request.Content.Text("code");
        var status = HelpQuestion.TryParse(code, out _) ? CompletenessStatus.Complete : host.Assistant.IsComplete(code);
        var reply = new JsonObject { ["status"] = Name(status) };
        if (status == CompletenessStatus.Incomplete)
            reply["indent"] = Indent(code);
        return Task.FromResult<JsonObject?>(reply);
    }

    private static string Name(CompletenessStatus status) => status switch
    {
        CompletenessStatus.Complete => "complete",
        CompletenessStatus.Incomplete => "incomplete",
        _ => "invalid",
    };

    // The next line begins under the last one, a step further in after an opening brace.
    private static string Indent(string code)
    {
        var last = code[(code.TrimEnd().LastIndexOf('\n') + 1)..].TrimEnd();
        var indent = last[..^last.TrimStart().Length];
        return last.EndsWith('{') || last.EndsWith('(') || last.EndsWith('[') ? indent + "    " : indent;
    }
}
