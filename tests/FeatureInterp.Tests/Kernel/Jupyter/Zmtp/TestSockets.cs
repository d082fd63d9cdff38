using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FeatureInterp.Kernel.Jupyter.Zmtp;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>What tests of sockets do again and again.</summary>
internal static class TestSockets
{
    /// <summary>A free port of this machine.</summary>
    public static IPEndPoint AnyPort => new(IPAddress.Loopback, 0);

    /// <summary>Limits that hostile peers reach soon.</summary>
    public static ZmtpLimits Strict { get; } = new() { MaxFrameBytes = 100_000, MaxMessageBytes = 200_000, MaxFramesPerMessage = 50, QueuedMessages = 20, QueuedBytes = 1 << 20 };

    public static ZmtpSocket Router(ZmtpLimits? limits = null) => ZmtpSocket.Bind(ZmtpSocketType.Router, AnyPort, limits);

    public static ZmtpSocket Publisher(ZmtpLimits? limits = null) => ZmtpSocket.Bind(ZmtpSocketType.Publisher, AnyPort, limits);

    public static ZmtpSocket Reply(ZmtpLimits? limits = null) => ZmtpSocket.Bind(ZmtpSocketType.Reply, AnyPort, limits);

    /// <summary>Two messages have the same frames. The long ones are compared as wholes, not byte by byte.</summary>
    public static void AssertSame(IReadOnlyList<byte[]> expected, IReadOnlyList<byte[]> actual)
    {
        Assert.Equal(expected.Select(f => f.Length), actual.Select(f => f.Length));
        for (var i = 0; i < expected.Count; i++)
            Assert.True(expected[i].AsSpan().SequenceEqual(actual[i]), $"Frame {i} of {expected[i].Length} bytes has others than it should have.");
    }

    /// <summary>The next message of a router.</summary>
    public static Task<ZmtpMessage> NextAsync(ZmtpSocket router) => router.Incoming.ReadAsync().AsTask().WaitAsync(ZmtpTestClient.Patience);

    /// <summary>Waits until something is so; what a peer did is seen a little later by the other.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < ZmtpTestClient.Patience, "What was waited for did not come about.");
            await Task.Delay(2);
        }
    }

    /// <summary>A good client is served, if it tries again where the connections of others are only just being closed.</summary>
    public static async Task EventuallyServesAsync(ZmtpSocket socket, ZmtpSocketType type)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await AssertServesAsync(socket, type);
                return;
            }
            catch (Exception e) when (e is IOException or SocketException && tries < 100)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>A good client is served: a message goes there and back.</summary>
    public static async Task AssertServesAsync(ZmtpSocket socket, ZmtpSocketType type)
    {
        await using var echo = ZmtpEcho.At(socket, type);
        await AssertEchoesAsync(socket, type);
    }

    /// <summary>A good client is served by the program that answers it.</summary>
    public static async Task AssertEchoesAsync(ZmtpSocket socket, ZmtpSocketType type)
    {
        using var client = await ZmtpTestClient.ConnectAsync(socket.LocalEndPoint, type switch { ZmtpSocketType.Router => "DEALER", ZmtpSocketType.Publisher => "SUB", _ => "REQ" });
        byte[][] message = [[], .. ZmtpEcho.Published];
        if (type == ZmtpSocketType.Publisher)
        {
            message = ZmtpEcho.Published;
            await client.SubscribeAsync("good");
        }
        else
        {
            await client.SendAsync(message);
        }

        AssertSame(message, await client.ReceiveAsync());
    }

    /// <summary>A stranger sends bytes, says that there are no more, and waits until it is hung up on.</summary>
    public static async Task InsultAsync(ZmtpSocket socket, byte[] bytes)
    {
        using var stranger = await ZmtpTestClient.OpenAsync(socket.LocalEndPoint);
        try
        {
            await stranger.WriteAsync(bytes);
            stranger.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It was hung up on before it had said everything.
        }

        Assert.True(await stranger.IsClosedAsync(), $"Nobody hung up after {bytes.Length} bytes: {Convert.ToHexString(bytes)}");
    }
}
