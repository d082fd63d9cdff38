using System.Collections.Concurrent;

namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>
/// A publisher: a message goes to everybody who asked for how it begins. Whoever reads too slowly misses the newest messages, as at
/// libzmq's high-water mark, and stays.
/// </summary>
internal sealed class PublisherRole : ISocketRole
{
    private const byte Wanted = 1, NotWanted = 0;

    private readonly ConcurrentDictionary<Peer, bool> _peers = new();
    private long _dropped;

    /// <summary>Peers send topics, nothing else.</summary>
    public long MaxFrameBytes => CommandCodec.MaxBytes;

    /// <summary>Messages that somebody wanted and did not get: one missed by two peers counts twice.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <inheritdoc/>
    public void Join(Peer peer) => _peers.TryAdd(peer, true);

    /// <inheritdoc/>
    public void Leave(Peer peer) => _peers.TryRemove(peer, out _);

    /// <summary>Subscriptions come as messages: one byte, and how the topic begins. Others have no meaning.</summary>
    public ValueTask ReceiveAsync(Peer peer, byte[][] frames, CancellationToken stop)
    {
        if (frames[0] is [Wanted or NotWanted, ..])
            Subscribe(peer, frames[0].AsSpan(1), frames[0][0] == Wanted);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void Subscribe(Peer peer, ReadOnlySpan<byte> topic, bool wanted)
    {
        if (wanted)
            peer.Subscriptions.Add(topic);
        else
            peer.Subscriptions.Remove(topic);
    }

    /// <summary>Queues a message for everybody who wants it.</summary>
    public void Publish(byte[][] frames)
    {
        foreach (var (peer, _) in _peers)
            if (peer.Subscriptions.Matches(frames[0]) && !peer.Queue.TryAdd(new Outgoing(frames, false)))
                Interlocked.Increment(ref _dropped);
    }
}
