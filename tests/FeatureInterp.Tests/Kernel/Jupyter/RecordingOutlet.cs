using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Jupyter;

namespace FeatureInterp.Tests.Kernel.Jupyter;

/// <summary>A kernel's messages in the order it sent them.</summary>
internal sealed class RecordingOutlet : IMessageOutlet
{
    private int _asked;

    public ConcurrentQueue<Sent> All { get; } = new();

    public bool HasStdin { get; set; } = true;

    public string Session => "kernel-1";

    public IEnumerable<Sent> Published => All.Where(s => s.Channel == "iopub");

    public IEnumerable<Sent> Replies => All.Where(s => s.Channel is "shell" or "control");

    public Sent Reply => Assert.Single(Replies);

    public string Stream(string name) => string.Concat(Published.Where(s => s.Type == "stream" && (string?)s.Content["name"] == name).Select(s => (string?)s.Content["text"]));

    void IMessageOutlet.Reply(RequestChannel channel, JupyterMessage request, string type, JsonObject content) =>
        All.Enqueue(new(channel == RequestChannel.Shell ? "shell" : "control", type, request.Header.Id, content));

    public void Publish(string type, MessageHeader parent, JsonObject content) => All.Enqueue(new("iopub", type, parent.Id, content));

    public string? Ask(JupyterMessage request, JsonObject content)
    {
        if (!HasStdin)
            return null;
        var id = $"question {++_asked}";
        All.Enqueue(new("stdin", "input_request", request.Header.Id, content));
        return id;
    }

    public async Task<Sent> SeenAsync(Func<Sent, bool> wanted)
    {
        for (var tries = 0; tries < 3500; tries++)
        {
            if (All.FirstOrDefault(wanted) is { } found)
                return found;
            if (tries < 500)
                await Task.Yield();
            else
                await Task.Delay(10);
        }

        throw new TimeoutException("not sent; sent were " + string.Join(", ", All.Select(s => $"{s.Channel}:{s.Type}")));
    }
}

/// <summary>A message a kernel sent.</summary>
internal sealed record Sent(string Channel, string Type, string ParentId, JsonObject Content)
{
    public string? Status => (string?)Content["status"];
}
