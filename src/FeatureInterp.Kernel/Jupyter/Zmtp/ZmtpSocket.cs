using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>
/// A bound socket that speaks ZMTP 3.0 (the protocol of ZeroMQ) with everybody who connects: a router, a publisher or a heart-beat.
/// Strangers cannot harm it: whatever a peer does wrong closes that peer's connection and nothing else.
/// </summary>
internal sealed class ZmtpSocket : IAsyncDisposable
{
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);

    private readonly Socket _listener;
    private readonly ZmtpSocketType _type;
    private readonly ZmtpLimits _limits;
    private readonly ISocketRole _role;
    private readonly Quota _budget;
    private readonly ConcurrentDictionary<Connection, Task> _connections = new();
    private readonly ConcurrentQueue<Exception> _defects = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    private ZmtpSocket(ZmtpSocketType type, Socket listener, ZmtpLimits limits)
    {
        (_type, _listener, _limits) = (type, listener, limits);
        _role = type switch
        {
            ZmtpSocketType.Router => new RouterRole(limits),
            ZmtpSocketType.Publisher => new PublisherRole(),
            _ => new ReplyRole(limits),
        };
        _budget = new Quota(int.MaxValue, limits.MaxMessageBytes * 2);
        LocalEndPoint = listener.LocalEndPoint!;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where it listens; the port that was found where port 0 was asked for.</summary>
    public EndPoint LocalEndPoint { get; }

    /// <summary>A router's messages, in the order in which each peer sent them; ends when the socket is closed. Others receive none.</summary>
    public ChannelReader<ZmtpMessage> Incoming => _role is RouterRole router ? router.Incoming : NothingReceived.Reader;

    /// <summary>Peers whose handshake is done and who are still there.</summary>
    public int Connected => _connections.Keys.Count(c => c.Peer is not null);

    /// <summary>Messages of a publisher that somebody wanted and was too slow to get.</summary>
    public long Dropped => (_role as PublisherRole)?.Dropped ?? 0;

    private static Channel<ZmtpMessage> NothingReceived { get; } = Closed();

    /// <summary>Listens at an address, from now on.</summary>
    /// <param name="type">What the socket is to its peers.</param>
    /// <param name="endpoint">An <see cref="IPEndPoint"/> or a <see cref="UnixDomainSocketEndPoint"/> (see <see cref="Listening.UnixAddress"/>).</param>
    /// <param name="limits">What peers may ask for; <see cref="ZmtpLimits.Default"/> where nothing is said.</param>
    /// <exception cref="ZmtpException">The address is taken or cannot be had.</exception>
    public static ZmtpSocket Bind(ZmtpSocketType type, EndPoint endpoint, ZmtpLimits? limits = null) => new(type, Listening.At(endpoint), limits ?? ZmtpLimits.Default);

    /// <summary>Sends a message to one peer of a router. The frames' bytes must not change afterwards.</summary>
    /// <param name="peer">The peer's routing id.</param>
    /// <param name="frames">One frame or more.</param>
    /// <returns>False where the peer has gone or has not read what was sent before.</returns>
    /// <exception cref="InvalidOperationException">The socket is not a router.</exception>
    public bool Send(byte[] peer, IReadOnlyList<byte[]> frames)
    {
        ArgumentOutOfRangeException.ThrowIfZero(frames.Count, nameof(frames));
        return _role is RouterRole router ? router.Send(peer, [.. frames]) : throw new InvalidOperationException($"A {_type.WireName()} socket cannot send to one peer.");
    }

    /// <summary>
    /// Sends a message to every peer of a publisher that subscribed to how the first frame begins. The frames' bytes must not change
    /// afterwards. A peer that has not read what was sent before misses it, see <see cref="Dropped"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The socket is not a publisher.</exception>
    public void Publish(IReadOnlyList<byte[]> frames)
    {
        ArgumentOutOfRangeException.ThrowIfZero(frames.Count, nameof(frames));
        if (_role is not PublisherRole publisher)
            throw new InvalidOperationException($"A {_type.WireName()} socket cannot publish.");
        publisher.Publish([.. frames]);
    }

    /// <summary>Waits until what was sent so far has been written to its connections or dropped with them.</summary>
    /// <param name="longest">How long to wait for peers that do not read.</param>
    public async Task FlushAsync(TimeSpan longest)
    {
        using var enough = new CancellationTokenSource(longest);
        try
        {
            await Task.WhenAll(_connections.Keys.Select(c => c.Peer?.Queue.EmptyAsync(enough.Token) ?? Task.CompletedTask)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // That long it was.
        }
    }

    /// <summary>Closes every connection and the address; a Unix socket's file is removed. What was not written yet is lost.</summary>
    /// <exception cref="AggregateException">A connection ended by a defect of this program; everything is closed all the same.</exception>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_connections.Values).ConfigureAwait(false);
        (_role as RouterRole)?.Incoming.Close();
        if (!_defects.IsEmpty)
            throw new AggregateException("Connections ended by defects of this program.", _defects);
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Welcome(await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false));
            }
            catch (SocketException) when (!_stop.IsCancellationRequested)
            {
                // The peer left before it was let in, or the system has no more connections to give: some will come back.
                await Task.Delay(AcceptPause).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private void Welcome(Socket socket)
    {
        if (_connections.Count >= _limits.Connections)
        {
            socket.Dispose();
            return;
        }

        var connection = new Connection(socket, _type, _role, _limits, _budget);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = RunAsync();
        started.SetResult();

        async Task RunAsync()
        {
            await started.Task.ConfigureAwait(false);
            try
            {
                await connection.RunAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Not the peer's fault but this program's, and no reason to stop serving others.
                _defects.Enqueue(e);
            }

            _connections.TryRemove(connection, out _);
        }
    }

    private static Channel<ZmtpMessage> Closed()
    {
        var channel = Channel.CreateUnbounded<ZmtpMessage>();
        channel.Writer.Complete();
        return channel;
    }
}
