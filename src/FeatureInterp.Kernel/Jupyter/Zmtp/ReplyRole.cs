namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>The heart-beat: every message goes back as it came, envelope and all. Who does not read is not read from.</summary>
/// <param name="limits">What may come.</param>
internal sealed class ReplyRole(ZmtpLimits limits) : ISocketRole
{
    /// <inheritdoc/>
    public long MaxFrameBytes => limits.MaxFrameBytes;

    /// <inheritdoc/>
    public void Join(Peer peer) { }

    /// <inheritdoc/>
    public void Leave(Peer peer) { }

    /// <inheritdoc/>
    public ValueTask ReceiveAsync(Peer peer, byte[][] frames, CancellationToken stop) => peer.Queue.AddAsync(new Outgoing(frames, false), stop);

    /// <inheritdoc/>
    public void Subscribe(Peer peer, ReadOnlySpan<byte> topic, bool wanted) { }
}
