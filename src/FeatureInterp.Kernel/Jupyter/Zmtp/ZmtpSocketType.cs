namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>What a bound socket is to those who connect.</summary>
internal enum ZmtpSocketType
{
    /// <summary>Receives from every peer with the peer's name, and sends to the peer named.</summary>
    Router,

    /// <summary>Sends to every peer that subscribed to how the message begins.</summary>
    Publisher,

    /// <summary>Sends every message back to where it came from, frame by frame: the heart-beat.</summary>
    Reply,
}

/// <summary>The names of socket types on the wire, and which of them may talk to one another.</summary>
internal static class ZmtpSocketTypes
{
    /// <summary>The type's name in a READY command.</summary>
    public static string WireName(this ZmtpSocketType type) => type switch
    {
        ZmtpSocketType.Router => "ROUTER",
        ZmtpSocketType.Publisher => "PUB",
        ZmtpSocketType.Reply => "REP",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such socket type."),
    };

    /// <summary>The types of peer that a socket of this type talks to.</summary>
    public static IReadOnlyList<string> Partners(this ZmtpSocketType type) => type switch
    {
        ZmtpSocketType.Router => ["DEALER", "REQ", "ROUTER"],
        ZmtpSocketType.Publisher => ["SUB", "XSUB"],
        ZmtpSocketType.Reply => ["REQ", "DEALER"],
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such socket type."),
    };
}
