using System.Text.Json.Nodes;
using System.Threading.Channels;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Jupyter.Zmtp;

namespace FeatureInterp.Tests.Kernel.Jupyter;

/// <summary>A whole kernel but for its sockets: frames in, recorded messages out.</summary>
internal sealed class Rig : IDisposable
{
    public const string Key = "a key";

    private readonly MessageCodec _codec = new(new MessageSigner(System.Text.Encoding.UTF8.GetBytes(Key)), new SeenMessages());
    private readonly CancellationTokenSource _end = new();
    private readonly Channel<ZmtpMessage> _shell = Channel.CreateUnbounded<ZmtpMessage>();
    private readonly Channel<ZmtpMessage> _control = Channel.CreateUnbounded<ZmtpMessage>();

    public Rig(FakeHost? host = null, string? overflowFolder = null, ICellWatch? watch = null)
    {
        Host = host ?? new FakeHost();
        Log = new KernelLog(Notes);
        Services = new KernelServices(Outlet, Host, watch ?? new NoWatch(), () => Shutdowns++, overflowFolder);
        _ = new RequestLoop(RequestChannel.Shell, _shell.Reader, _codec, Services.Dispatcher, Log).RunAsync(_end.Token);
        _ = new RequestLoop(RequestChannel.Control, _control.Reader, _codec, Services.Dispatcher, Log).RunAsync(_end.Token);
    }

    public FakeHost Host { get; }

    public RecordingOutlet Outlet { get; } = new();

    public KernelServices Services { get; }

    public ClientMessages Client { get; } = new(Key);

    public KernelLog Log { get; }

    public StringWriter Notes { get; } = new();

    public int Shutdowns { get; private set; }

    public void Dispose()
    {
        _end.Cancel();
        Services.Dispose();
    }

    public void Send(byte[][] frames, RequestChannel channel = RequestChannel.Shell) =>
        Assert.True((channel == RequestChannel.Shell ? _shell : _control).Writer.TryWrite(new ZmtpMessage([7], frames)));

    /// <summary>Sends a request and waits until it is done with.</summary>
    public async Task<Exchange> AskAsync(byte[][] frames, RequestChannel channel = RequestChannel.Shell)
    {
        var id = (string)JsonNode.Parse(frames[2])!["msg_id"]!;
        Send(frames, channel);
        await Outlet.SeenAsync(s => s.ParentId == id && (string?)s.Content["execution_state"] == "idle");
        return new Exchange([.. Outlet.All.Where(s => s.ParentId == id)]);
    }

    public Task<Exchange> AskAsync(string type, JsonObject? content = null, RequestChannel channel = RequestChannel.Shell) => AskAsync(Client.Request(type, content), channel);

    public Task<Exchange> ExecuteAsync(string code, JsonObject? more = null) => AskAsync(Client.Execute(code, more));

    /// <summary>Hands an answer to the stdin channel.</summary>
    public void Answer(string value, string? question = null)
    {
        var parent = question is null ? "{}" : new JsonObject { ["msg_id"] = question }.ToJsonString();
        Services.Input.Answer(_codec.Decode([7], Client.Signed(Client.Header("input_reply").ToJsonString(), parent, "{}", new JsonObject { ["value"] = value }.ToJsonString())));
    }

    private sealed class NoWatch : ICellWatch, IDisposable
    {
        public string? Report => null;

        public string? TakeReport() => null;

        public IDisposable Begin(string name, string code) => this;

        public void Dispose()
        {
        }
    }
}

/// <summary>Everything one request led to, in order.</summary>
internal sealed record Exchange(IReadOnlyList<Sent> Messages)
{
    public Sent Reply => Assert.Single(Messages, m => m.Channel is "shell" or "control");

    public IEnumerable<Sent> Published => Messages.Where(m => m.Channel == "iopub");

    /// <summary>What was published, without the status around it.</summary>
    public IReadOnlyList<Sent> Outputs => [.. Published.Where(m => m.Type is not ("status" or "execute_input"))];

    public string Types => string.Join(' ', Messages.Select(m => m.Type == "status" ? (string)m.Content["execution_state"]! : m.Type));

    public Sent One(string type) => Assert.Single(Messages, m => m.Type == type);
}
