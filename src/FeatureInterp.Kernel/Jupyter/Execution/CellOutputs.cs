using System.Globalization;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>Opens the way from a cell to the front ends.</summary>
/// <param name="outlet">Where messages go.</param>
/// <param name="flusher">Flushes text after a moment.</param>
/// <param name="input">Asks the user.</param>
/// <param name="overflowFolder">The folder for output too long to send, or null when it is not kept.</param>
internal sealed class CellOutputs(IMessageOutlet outlet, StreamFlusher flusher, InputRequests input, string? overflowFolder)
{
    /// <summary>The output of one execute request.</summary>
    public Output Open(JupyterMessage request, ExecuteRequest asked, int number, CancellationToken interrupted)
    {
        if (asked.Silent)
            return new Output(null);
        var overflow = overflowFolder is null ? null : new OverflowFile(Path.Combine(overflowFolder, string.Create(CultureInfo.InvariantCulture, $"output-{number}.txt")));
        return new Output(new CellSink(outlet, request, new StreamBuffer(outlet, request.Header, flusher, overflow), input, asked.AllowStdin, interrupted));
    }

    /// <summary>A cell's sink, and what is said about the cell beside its output. Silent cells say nothing.</summary>
    internal sealed class Output(CellSink? sink) : IDisposable
    {
        /// <summary>Where the cell writes.</summary>
        public IOutputSink Sink { get; } = (IOutputSink?)sink ?? new SilentSink();

        /// <summary>Publishes a message with the cell's request as its parent, after what the cell wrote.</summary>
        public void Publish(string type, JsonObject content) => sink?.Publish(type, content);

        /// <summary>Sends the text that waits; the sink goes on for threads the cell left behind.</summary>
        public void Dispose() => sink?.Flush();
    }
}
