using System.Globalization;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary><c>execute_request</c>: runs a cell, tells everybody what it puts out, answers how it ended.</summary>
/// <param name="host">Runs the cell.</param>
/// <param name="outputs">Makes the cell's sink.</param>
/// <param name="history">Counts and remembers cells.</param>
/// <param name="watch">Notes which cell runs, for whoever comes after a kernel that died.</param>
internal sealed class ExecuteHandler(ICellHost host, CellOutputs outputs, ExecutionHistory history, ICellWatch watch) : IRequestHandler
{
    private const int MaxExpressions = 100;
    private int _runs;

    /// <inheritdoc/>
    public IReadOnlyList<string> Types => ["execute_request"];

    /// <inheritdoc/>
    public bool BesideCells => false;

    /// <inheritdoc/>
    public async Task<JsonObject?> HandleAsync(Request request, CancellationToken token)
    {
        var asked = ExecuteRequest.Read(request.Content);
        var remembered = asked.StoreHistory && !asked.Silent;
        var number = remembered ? history.Next() : history.Count;
        using var output = outputs.Open(request.Message, asked, number, token);
        output.Publish("execute_input", new JsonObject { ["code"] = asked.Code, ["execution_count"] = number });

        if (watch.TakeReport() is { } report)
            output.Sink.WriteStream(StandardStream.Error, report + "\n");
        if (HelpQuestion.TryParse(asked.Code, out var name))
            return End(number, HelpQuestion.Answer(host.Assistant, name, token), []);
        var result = await RunAsync(asked.Code, remembered ? $"cell {Text(number)}" : $"run {Text(Interlocked.Increment(ref _runs))}", output.Sink, token).ConfigureAwait(false);
        if (remembered)
            history.Add(new HistoryEntry(number, asked.Code, result.Value?.PlainText));
        if (result.Error is { } error)
        {
            output.Publish("error", Replies.ErrorContent(error));
            return Failed(number, error);
        }

        if (result.Value is { } value)
            output.Publish("execute_result", new JsonObject { ["execution_count"] = number, ["data"] = MimeJson.From(value), ["metadata"] = new JsonObject() });
        return End(number, [], await EvaluateAsync(asked.UserExpressions, token).ConfigureAwait(false));
    }

    private async Task<CellResult> RunAsync(string code, string name, IOutputSink sink, CancellationToken token)
    {
        if (string.IsNullOrWhiteSpace(code))
            return new CellResult(CellStatus.Succeeded);
        using var watched = watch.Begin(name, code);
        try
        {
            return await host.RunAsync(code, name, sink, token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !token.IsCancellationRequested)
        {
            // The session answers for its cells; what comes here is a defect of ours, and the cell's author should still see it.
            var message = $"{name} could not be run: {e.GetType().Name}: {e.Message}";
            return new CellResult(CellStatus.Failed, Error: new ErrorOutput("KernelError", message, [message, .. (e.StackTrace ?? "").Split('\n')]));
        }
        catch (OperationCanceledException)
        {
            return CellResult.Cancelled(name);
        }
    }

    // Each is a cell of its own, whose output nobody sees and whose value goes into the reply.
    private async Task<JsonObject> EvaluateAsync(IReadOnlyList<KeyValuePair<string, string>> expressions, CancellationToken token)
    {
        var values = new JsonObject();
        foreach (var (name, code) in expressions.Take(MaxExpressions))
        {
            var result = await RunAsync(code, $"expression {Text(Interlocked.Increment(ref _runs))}", new SilentSink(), token).ConfigureAwait(false);
            if (result.Error is { } error)
            {
                values[name] = Replies.Error(error);
                continue;
            }

            var value = Replies.Ok();
            value["data"] = MimeJson.From(result.Value ?? MimeBundle.FromText(""));
            value["metadata"] = new JsonObject();
            values[name] = value;
        }

        return values;
    }

    private static JsonObject End(int number, JsonArray payload, JsonObject expressions)
    {
        var reply = Replies.Ok();
        reply["execution_count"] = number;
        reply["payload"] = payload;
        reply["user_expressions"] = expressions;
        return reply;
    }

    private static JsonObject Failed(int number, ErrorOutput error)
    {
        var reply = Replies.Error(error);
        reply["execution_count"] = number;
        reply["payload"] = new JsonArray();
        reply["user_expressions"] = new JsonObject();
        return reply;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
