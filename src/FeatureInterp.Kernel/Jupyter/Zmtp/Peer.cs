namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>Who is at the other end of a connection whose handshake is done.</summary>
/// <param name="ready">What the peer said of itself.</param>
/// <param name="limits">How much may wait for it.</param>
internal sealed class Peer(ReadyCommand ready, ZmtpLimits limits)
{
    /// <summary>Its routing id: the identity it asked for, or, where it has none, what a router gave it.</summary>
    public byte[] Id { get; set; } = ready.Identity;

    /// <summary>What waits to be written to it.</summary>
    public PeerQueue Queue { get; } = new(limits);

    /// <summary>What it wants to hear of a publisher.</summary>
    public SubscriptionSet Subscriptions { get; } = new();
}
