using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>Questions of cells to the user: one at a time, over the stdin channel.</summary>
/// <param name="outlet">Sends the questions.</param>
internal sealed class InputRequests(IMessageOutlet outlet)
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _gate = new();
    private TaskCompletionSource<string>? _answer;
    private string? _asked;

    /// <summary>Asks the client that sent <paramref name="request"/> and waits for the answer on this thread.</summary>
    /// <param name="request">The request that runs the cell.</param>
    /// <param name="prompt">What to ask.</param>
    /// <param name="password">Whether the answer is hidden while it is typed.</param>
    /// <param name="token">Ends the waiting.</param>
    /// <exception cref="InvalidOperationException">The client has no channel for questions.</exception>
    /// <exception cref="OperationCanceledException">The waiting was ended.</exception>
    public string ReadLine(JupyterMessage request, string prompt, bool password, CancellationToken token)
    {
        _turn.Wait(token);
        try
        {
            var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_gate)
            {
                _answer = answer;
                _asked = outlet.Ask(request, new JsonObject { ["prompt"] = prompt, ["password"] = password });
                if (_asked is null)
                    throw new InvalidOperationException($"The cell asks for input ('{prompt}'), but the front end that runs it has not opened its channel for answers (stdin).");
            }

            answer.Task.Wait(token);
            return answer.Task.Result;
        }
        finally
        {
            lock (_gate)
                (_answer, _asked) = (null, null);
            _turn.Release();
        }
    }

    /// <summary>Takes a message from the stdin channel: an answer to the question that waits, or nothing.</summary>
    public void Answer(JupyterMessage message)
    {
        if (!string.Equals(message.Header.Type, "input_reply", StringComparison.Ordinal))
            return;
        lock (_gate)
        {
            // Some clients do not say which question they answer; one that does must mean this one.
            if (_answer is null || (message.ParentId.Length > 0 && !string.Equals(message.ParentId, _asked, StringComparison.Ordinal)))
                return;
            _answer.TrySetResult(Value(message.Content));
        }
    }

    // An answer without a usable value is an empty line: the cell must not wait for ever.
    private static string Value(JsonElement content)
    {
        try
        {
            return content.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }
}
