namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>What sockets of one type do with their peers.</summary>
internal interface ISocketRole
{
    /// <summary>Bytes in a frame that peers of this type have reason to send.</summary>
    long MaxFrameBytes { get; }

    /// <summary>Takes a peer in whose handshake is done.</summary>
    /// <exception cref="ZmtpProtocolException">It is refused.</exception>
    void Join(Peer peer);

    /// <summary>The peer has gone.</summary>
    void Leave(Peer peer);

    /// <summary>A whole message came; the next one is not read before this is done.</summary>
    ValueTask ReceiveAsync(Peer peer, byte[][] frames, CancellationToken stop);

    /// <summary>A peer subscribes, or cancels a subscription, by command.</summary>
    void Subscribe(Peer peer, ReadOnlySpan<byte> topic, bool wanted);
}
