using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// One cell's output as messages, all with the request that ran it as their parent: also what a thread it left behind puts out long
/// after. Text is gathered; anything else is sent at once, after the text before it.
/// </summary>
internal sealed class CellSink : IOutputSink
{
    private readonly IMessageOutlet _outlet;
    private readonly JupyterMessage _request;
    private readonly StreamBuffer _streams;
    private readonly InputRequests _input;
    private readonly bool _allowInput;
    private readonly CancellationToken _interrupted;

    /// <summary>A sink for the cell that <paramref name="request"/> runs.</summary>
    /// <param name="outlet">Where messages go.</param>
    /// <param name="request">The execute request.</param>
    /// <param name="streams">Gathers the request's text.</param>
    /// <param name="input">Asks the user.</param>
    /// <param name="allowInput">Whether the request allows questions.</param>
    /// <param name="interrupted">Ends a question's waiting.</param>
    public CellSink(IMessageOutlet outlet, JupyterMessage request, StreamBuffer streams, InputRequests input, bool allowInput, CancellationToken interrupted) =>
        (_outlet, _request, _streams, _input, _allowInput, _interrupted) = (outlet, request, streams, input, allowInput, interrupted);

    /// <inheritdoc/>
    public void WriteStream(StandardStream stream, string text) => _streams.Write(stream, text);

    /// <inheritdoc/>
    public void Display(MimeBundle data, string displayId) => Publish("display_data", Shown(data, displayId));

    /// <inheritdoc/>
    public void UpdateDisplay(MimeBundle data, string displayId) => Publish("update_display_data", Shown(data, displayId));

    /// <inheritdoc/>
    public void ClearOutput(bool wait) => Publish("clear_output", new JsonObject { ["wait"] = wait });

    /// <summary>Sends anything else that belongs to the cell, after the text before it.</summary>
    public void Publish(string type, JsonObject content) => _streams.FlushThen(() => _outlet.Publish(type, _request.Header, content));

    /// <summary>Sends the text that waits.</summary>
    public void Flush() => _streams.Flush();

    /// <inheritdoc/>
    public string ReadLine(string prompt, bool password, CancellationToken token)
    {
        if (!_allowInput)
            throw new InvalidOperationException($"The cell asks for input ('{prompt}'), but whoever runs it has said that there is nobody to answer (allow_stdin is false).");
        _streams.Flush();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, _interrupted);
        return _input.ReadLine(_request, prompt, password, either.Token);
    }

    // Display ids are the cells' names, which begin anew in a restarted kernel, while the page still shows what the last one did.
    private JsonObject Shown(MimeBundle data, string displayId) => new()
    {
        ["data"] = MimeJson.From(data),
        ["metadata"] = new JsonObject(),
        ["transient"] = new JsonObject { ["display_id"] = $"{_outlet.Session}/{displayId}" },
    };
}
