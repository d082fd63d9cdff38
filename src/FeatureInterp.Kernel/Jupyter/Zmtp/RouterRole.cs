using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>
/// A router: peers have names. One that comes with a name which is taken is refused, as libzmq does unless told otherwise; its
/// connection is closed, so that a client which reconnects before its old connection is gone tries again by itself.
/// </summary>
/// <param name="limits">How much may wait.</param>
internal sealed class RouterRole(ZmtpLimits limits) : ISocketRole
{
    private readonly ConcurrentDictionary<byte[], Peer> _peers = new(BytesComparer.Instance);
    private int _next = RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>What was received.</summary>
    public InboundQueue Incoming { get; } = new(limits);

    /// <inheritdoc/>
    public long MaxFrameBytes => limits.MaxFrameBytes;

    /// <inheritdoc/>
    public void Join(Peer peer)
    {
        if (peer.Id.Length > 0)
        {
            if (!_peers.TryAdd(peer.Id, peer))
                throw new ZmtpProtocolException("Another peer with the same identity is connected.");
            return;
        }

        do
            peer.Id = NextId();
        while (!_peers.TryAdd(peer.Id, peer));
    }

    /// <inheritdoc/>
    public void Leave(Peer peer) => _peers.TryRemove(new(peer.Id, peer));

    /// <inheritdoc/>
    public ValueTask ReceiveAsync(Peer peer, byte[][] frames, CancellationToken stop) => Incoming.AddAsync(new ZmtpMessage(peer.Id, frames), stop);

    /// <inheritdoc/>
    public void Subscribe(Peer peer, ReadOnlySpan<byte> topic, bool wanted) { }

    /// <summary>Queues a message for the peer of this name; false where there is none or its queue is full.</summary>
    public bool Send(byte[] id, byte[][] frames) => _peers.TryGetValue(id, out var peer) && peer.Queue.TryAdd(new Outgoing(frames, false));

    // A zero and four bytes that count up: peers' own names never begin with a zero.
    private byte[] NextId()
    {
        var id = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(1), Interlocked.Increment(ref _next));
        return id;
    }
}
