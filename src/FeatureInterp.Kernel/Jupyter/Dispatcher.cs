using System.Text.Json.Nodes;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// Brings each request to the handler of its type, between the two status messages that front ends wait for. Whatever a handler
/// throws becomes an error reply; nothing comes out of here as an exception.
/// </summary>
internal sealed class Dispatcher
{
    private readonly IMessageOutlet _outlet;
    private readonly RunningWork _running;
    private readonly Dictionary<string, IRequestHandler> _handlers;

    /// <summary>A dispatcher over these handlers.</summary>
    /// <param name="outlet">Where replies and status go.</param>
    /// <param name="running">What an interrupt ends.</param>
    /// <param name="handlers">One for each type.</param>
    public Dispatcher(IMessageOutlet outlet, RunningWork running, IEnumerable<IRequestHandler> handlers)
    {
        (_outlet, _running) = (outlet, running);
        _handlers = handlers.SelectMany(h => h.Types.Select(t => (Type: t, Handler: h))).ToDictionary(p => p.Type, p => p.Handler, StringComparer.Ordinal);
    }

    /// <summary>Answers one request.</summary>
    /// <param name="channel">Where it came from.</param>
    /// <param name="message">The request.</param>
    /// <param name="beforeFailure">Called when the request was to run a cell that failed and those behind it should not run, before the reply is sent.</param>
    public async Task HandleAsync(RequestChannel channel, JupyterMessage message, Action? beforeFailure = null)
    {
        var request = new Request(message, channel);
        Status(message, "busy");
        try
        {
            var reply = await AnswerAsync(request).ConfigureAwait(false);
            if (StopsOthers(request, reply))
                beforeFailure?.Invoke();
            if (reply is not null)
                _outlet.Reply(channel, message, ReplyType(request.Type), reply);
        }
        finally
        {
            Status(message, "idle");
        }
    }

    /// <summary>Says of a request that it is not begun, because one before it failed.</summary>
    public void Abort(RequestChannel channel, JupyterMessage message)
    {
        Status(message, "busy");
        _outlet.Reply(channel, message, ReplyType(message.Header.Type), Replies.Aborted());
        Status(message, "idle");
    }

    private async Task<JsonObject?> AnswerAsync(Request request)
    {
        if (!_handlers.TryGetValue(request.Type, out var handler))
            return request.Type.EndsWith("_request", StringComparison.Ordinal) ? Replies.Error("UnknownMessage", $"This kernel does not know {request.Type}.") : null;
        if (request.Channel == RequestChannel.Control && !handler.BesideCells)
            return Replies.Error("WrongChannel", $"{request.Type} belongs on the shell channel; only what can be done beside a running cell comes over control.");
        try
        {
            if (request.Channel == RequestChannel.Control)
                return await handler.HandleAsync(request, CancellationToken.None).ConfigureAwait(false);
            using var work = _running.Begin();
            return await handler.HandleAsync(request, work.Token).ConfigureAwait(false);
        }
        catch (BadRequestException e)
        {
            return Replies.Error("BadRequest", e.Message);
        }
        catch (OperationCanceledException)
        {
            return Replies.Error("Cancelled", $"{request.Type} was interrupted.");
        }
        catch (Exception e)
        {
            return Replies.Error("KernelError", $"{request.Type} could not be answered: {e.GetType().Name}: {e.Message}");
        }
    }

    private static bool StopsOthers(Request request, JsonObject? reply) =>
        string.Equals(request.Type, "execute_request", StringComparison.Ordinal)
        && (string?)reply?["status"] == "error"
        && SafeFlag(request, "stop_on_error", otherwise: true) && !SafeFlag(request, "silent", otherwise: false);

    // The handler has told of a field of the wrong kind already.
    private static bool SafeFlag(Request request, string name, bool otherwise)
    {
        try
        {
            return request.Content.Flag(name, otherwise);
        }
        catch (BadRequestException)
        {
            return otherwise;
        }
    }

    private void Status(JupyterMessage message, string state) => _outlet.Publish("status", message.Header, new JsonObject { ["execution_state"] = state });

    private static string ReplyType(string type) =>
        type.EndsWith("_request", StringComparison.Ordinal) ? string.Concat(type.AsSpan(0, type.Length - "request".Length), "reply") : type + "_reply";
}
