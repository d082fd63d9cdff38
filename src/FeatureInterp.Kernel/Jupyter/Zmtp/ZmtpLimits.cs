namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>How much a socket takes from strangers and keeps for the slow. Whoever breaks a limit loses the connection, not the socket.</summary>
internal sealed record ZmtpLimits
{
    /// <summary>The limits of a kernel's sockets.</summary>
    public static ZmtpLimits Default { get; } = new();

    /// <summary>Bytes in one frame that is received; never more than an array can hold. The default is 256 MiB.</summary>
    public long MaxFrameBytes { get; init; } = 256L << 20;

    /// <summary>Frames in one message that is received. The default is 4,096.</summary>
    public int MaxFramesPerMessage { get; init; } = 4096;

    /// <summary>
    /// Bytes in all frames of one message that is received. All connections together may be half way through twice as much.
    /// The default is 512 MiB.
    /// </summary>
    public long MaxMessageBytes { get; init; } = 512L << 20;

    /// <summary>Messages that wait for one peer to read, and messages received that wait for this program. The default is 10,000.</summary>
    public int QueuedMessages { get; init; } = 10_000;

    /// <summary>
    /// Bytes of the messages that wait for one peer, and of those received. One message alone may be longer.
    /// The default is 256 MiB.
    /// </summary>
    public long QueuedBytes { get; init; } = 256L << 20;

    /// <summary>Connections at a time; further ones are closed as they come. The default is 512.</summary>
    public int Connections { get; init; } = 512;

    /// <summary>How long a new connection has for its greeting and READY command. The default is 10 seconds.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(10);
}
