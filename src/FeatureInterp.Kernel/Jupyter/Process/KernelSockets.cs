using System.Text;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Jupyter.Zmtp;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>The five sockets of a kernel, bound where the connection file says, and the way messages take out of them.</summary>
internal sealed class KernelSockets : IMessageOutlet, IAsyncDisposable
{
    private readonly MessageCodec _codec;
    private readonly List<ZmtpSocket> _bound = [];
    private readonly ZmtpSocket _ioPub;

    private KernelSockets(ConnectionFile connection, MessageCodec codec)
    {
        _codec = codec;
        try
        {
            Shell = Bind(connection, "shell", ZmtpSocketType.Router, connection.Ports.Shell);
            Control = Bind(connection, "control", ZmtpSocketType.Router, connection.Ports.Control);
            Stdin = Bind(connection, "stdin", ZmtpSocketType.Router, connection.Ports.Stdin);
            // The heart-beat answers by itself.
            Bind(connection, "heart-beat", ZmtpSocketType.Reply, connection.Ports.HeartBeat);
            _ioPub = Bind(connection, "iopub", ZmtpSocketType.Publisher, connection.Ports.IoPub);
        }
        catch (ConnectionFileException)
        {
            foreach (var socket in _bound)
                _ = socket.DisposeAsync();
            throw;
        }
    }

    /// <summary>Requests, one after another.</summary>
    public ZmtpSocket Shell { get; }

    /// <summary>Requests beside a running cell.</summary>
    public ZmtpSocket Control { get; }

    /// <summary>Answers to questions.</summary>
    public ZmtpSocket Stdin { get; }

    /// <inheritdoc/>
    public string Session => _codec.Session;

    /// <summary>Binds all five.</summary>
    /// <exception cref="ConnectionFileException">A port is taken, or the address is not this machine's.</exception>
    public static KernelSockets Bind(ConnectionFile connection, MessageCodec codec) => new(connection, codec);

    /// <inheritdoc/>
    public void Reply(RequestChannel channel, JupyterMessage request, string type, JsonObject content) =>
        (channel == RequestChannel.Shell ? Shell : Control).Send(request.Peer, _codec.Encode(request.Identities, type, request.Header, content, out _));

    /// <inheritdoc/>
    public void Publish(string type, MessageHeader parent, JsonObject content) =>
        _ioPub.Publish(_codec.Encode([Encoding.ASCII.GetBytes(type)], type, parent, content, out _));

    /// <inheritdoc/>
    public string? Ask(JupyterMessage request, JsonObject content) =>
        Stdin.Send(request.Peer, _codec.Encode(request.Identities, "input_request", request.Header, content, out var id)) ? id : null;

    /// <summary>Waits until what was sent is on its way, but not longer than this.</summary>
    public Task FlushAsync(TimeSpan longest) => Task.WhenAll(_bound.Select(s => s.FlushAsync(longest)));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _bound)
            await socket.DisposeAsync().ConfigureAwait(false);
    }

    private ZmtpSocket Bind(ConnectionFile connection, string channel, ZmtpSocketType type, int port)
    {
        try
        {
            var socket = ZmtpSocket.Bind(type, connection.EndPoint(port));
            _bound.Add(socket);
            return socket;
        }
        catch (ZmtpException e)
        {
            throw new ConnectionFileException($"{connection.Path}: the {channel} channel cannot be opened. {e.Message}", e);
        }
    }
}
