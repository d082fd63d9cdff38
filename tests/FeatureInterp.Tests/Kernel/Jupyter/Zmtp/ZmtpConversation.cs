using FeatureInterp.Kernel.Jupyter.Zmtp;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>What a good client of each kind of socket sends from its first byte to its last: what is spoilt in tests.</summary>
internal static class ZmtpConversation
{
    /// <summary>A conversation with a bit of everything.</summary>
    public static byte[] For(ZmtpSocketType type) => type switch
    {
        ZmtpSocketType.Router =>
        [
            .. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Ready("DEALER", "somebody"u8.ToArray()),
            .. ZmtpTestClient.Message([1], [], new byte[300]), .. ZmtpTestClient.Command("PING", [0, 5, 1, 2]), .. ZmtpTestClient.Message("end"u8.ToArray()),
        ],
        ZmtpSocketType.Publisher =>
        [
            .. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Ready("SUB"), .. ZmtpTestClient.Message([1, 2, 3]), .. ZmtpTestClient.Message([1]),
            .. ZmtpTestClient.Command("SUBSCRIBE", [9]), .. ZmtpTestClient.Message([0, 2, 3]), .. ZmtpTestClient.Command("CANCEL", [9]), .. ZmtpTestClient.Command("PING", [0, 5]),
        ],
        _ =>
        [
            .. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Ready("REQ", []), .. ZmtpTestClient.Message([], "ping"u8.ToArray()),
            .. ZmtpTestClient.Message([], new byte[300]), .. ZmtpTestClient.Command("PING", [0, 5, 7]),
        ],
    };
}
