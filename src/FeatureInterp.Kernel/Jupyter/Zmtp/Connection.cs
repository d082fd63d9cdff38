using System.Net.Sockets;

namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>One connection from its first byte to its last: handshake, then reading and writing at once.</summary>
/// <param name="socket">The connection; closed at the end.</param>
/// <param name="type">What this side is.</param>
/// <param name="role">What is done with messages.</param>
/// <param name="limits">What the peer may ask for.</param>
/// <param name="budget">What all connections may have taken for messages that are not complete yet.</param>
internal sealed class Connection(Socket socket, ZmtpSocketType type, ISocketRole role, ZmtpLimits limits, Quota budget)
{
    /// <summary>Who is there; null until the handshake is done and once the peer has gone.</summary>
    public Peer? Peer { get; private set; }

    /// <summary>Talks to the peer until either side ends it. What the peer does wrong ends here and is nobody else's concern.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            if (socket.ProtocolType == ProtocolType.Tcp)
            {
                // Messages are put together before they are written; who vanished without a word is found out in the end.
                socket.NoDelay = true;
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            }

            using var stream = new NetworkStream(socket, ownsSocket: true);
            using var reader = new FrameReader(stream, budget);
            var peer = new Peer(await ShakeHandsAsync(stream, reader, stop).ConfigureAwait(false), limits);
            await TalkAsync(stream, reader, peer, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ZmtpProtocolException or IOException or SocketException or ObjectDisposedException or OperationCanceledException or OutOfMemoryException)
        {
            // The connection is closed, which is all that a peer can be told.
        }
        finally
        {
            socket.Dispose();
        }
    }

    private async Task<ReadyCommand> ShakeHandsAsync(Stream stream, FrameReader reader, CancellationToken stop)
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timed.CancelAfter(limits.Handshake);
        await stream.WriteAsync(Greeting.Ours(), timed.Token).ConfigureAwait(false);
        await reader.ReadGreetingAsync(timed.Token).ConfigureAwait(false);
        var ours = ReadyCommand.Make(type);
        var framed = new byte[FrameHeader.MaxSize + ours.Length];
        var header = FrameHeader.Write(framed, FrameFlags.Command, ours.Length);
        ours.CopyTo(framed, header);
        await stream.WriteAsync(framed.AsMemory(0, header + ours.Length), timed.Token).ConfigureAwait(false);
        var first = await reader.ReadAsync(CommandCodec.MaxBytes, timed.Token).ConfigureAwait(false)
            ?? throw new EndOfStreamException("The peer left before its READY.");
        if (!first.IsCommand)
            throw new ZmtpProtocolException("The peer sent a message before its READY.");
        var ready = ReadyCommand.Read(first.Body);
        if (!type.Partners().Contains(ready.SocketType, StringComparer.Ordinal))
            throw new ZmtpProtocolException($"The peer is a {ready.SocketType}, where a {type.WireName()} talks to {string.Join(", ", type.Partners())}.");
        reader.Release();
        return ready;
    }

    private async Task TalkAsync(Stream stream, FrameReader reader, Peer peer, CancellationToken stop)
    {
        role.Join(peer);
        Peer = peer;
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var writing = WriteAsync(stream, peer, gone);
        try
        {
            await ReadAsync(reader, peer, gone.Token).ConfigureAwait(false);
        }
        finally
        {
            Peer = null;
            role.Leave(peer);
            peer.Queue.Close();
            await gone.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(Stream stream, Peer peer, CancellationTokenSource gone)
    {
        try
        {
            await new PeerWriter(stream).RunAsync(peer.Queue, gone.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Who cannot be written to is not read from either.
            await gone.CancelAsync().ConfigureAwait(false);
        }
        finally
        {
            peer.Queue.Drop();
        }
    }

    private async Task ReadAsync(FrameReader reader, Peer peer, CancellationToken stop)
    {
        var frames = new List<byte[]>();
        long bytes = 0;
        while (await reader.ReadAsync(Math.Min(role.MaxFrameBytes, limits.MaxMessageBytes - bytes), stop).ConfigureAwait(false) is { } frame)
        {
            // A command may stand between the frames of a message: libzmq sends its PING when it is due.
            if (frame.IsCommand)
            {
                Obey(peer, frame.Body);
                if (frames.Count == 0)
                    reader.Release();
                continue;
            }

            if (frames.Count == limits.MaxFramesPerMessage)
                throw new ZmtpProtocolException($"A message has more than {limits.MaxFramesPerMessage} frames.");
            frames.Add(frame.Body);
            bytes += frame.Body.Length;
            if (frame.HasMore)
                continue;
            await role.ReceiveAsync(peer, frames.ToArray(), stop).ConfigureAwait(false);
            reader.Release();
            frames.Clear();
            bytes = 0;
        }
    }

    private void Obey(Peer peer, byte[] body)
    {
        switch (CommandCodec.Split(body, out var rest))
        {
            case "PING":
                // Where the queue is full, the peer has enough to read to know that somebody is here.
                peer.Queue.TryAdd(new Outgoing([CommandCodec.Pong(rest)], true));
                break;
            case "SUBSCRIBE":
                role.Subscribe(peer, rest, true);
                break;
            case "CANCEL":
                role.Subscribe(peer, rest, false);
                break;
            case "READY":
                throw new ZmtpProtocolException("The peer sent READY a second time.");
        }
    }
}
