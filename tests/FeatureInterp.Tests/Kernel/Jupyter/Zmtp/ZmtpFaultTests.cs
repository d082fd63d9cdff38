using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using FeatureInterp.Kernel.Jupyter.Zmtp;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>Whatever a peer does wrong closes its connection at once, and the socket serves on.</summary>
public sealed class ZmtpFaultTests
{
    /// <summary>What a peer sends that is not sound, and what it is; the peer then waits.</summary>
    public static TheoryData<string, byte[]> BrokenHandshakes => new()
    {
        { "ZMTP 1: an anonymous identity of one byte", [1, 0] },
        { "ZMTP 2", [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 1, 5] },
        { "a signature with another end", [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7E] },
        { "HTTP", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n") },
        { "the mechanism PLAIN", ZmtpTestClient.Greeting(mechanism: "PLAIN") },
        { "the mechanism CURVE", ZmtpTestClient.Greeting(mechanism: "CURVE") },
        { "a mechanism that only begins with NULL", ZmtpTestClient.Greeting(mechanism: "NULLS") },
        { "no mechanism", ZmtpTestClient.Greeting(mechanism: "") },
        { "a subscriber", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Ready("SUB")] },
        { "an unknown type", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Ready("dealer")] },
        { "no type", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Command("READY", ZmtpTestClient.Property("Identity", [1]))] },
        { "an empty READY", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Command("READY", [])] },
        { "an identity of 256 bytes", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Ready("DEALER", Enumerable.Repeat((byte)1, 256).ToArray())] },
        { "an identity as routers give them", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Ready("DEALER", [0, 1, 2, 3, 4])] },
        { "two types", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Command("READY", [.. Dealer, .. Dealer])] },
        { "a property without a name", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Command("READY", [.. Dealer, 0, 0, 0, 0, 0])] },
        { "a property's name that is longer than READY", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Command("READY", [.. Dealer, 200, (byte)'x'])] },
        { "a property's value that is longer than READY", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Command("READY", [.. Dealer, 1, (byte)'x', 0, 0, 0, 2, 9])] },
        { "a property's value of 2 GiB", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Command("READY", [.. Dealer, 1, (byte)'x', 0x7F, 0xFF, 0xFF, 0xFF, 9])] },
        { "a property's value of -1 bytes", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Command("READY", [.. Dealer, 1, (byte)'x', 0xFF, 0xFF, 0xFF, 0xFF, 9])] },
        { "a property that ends within its length", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Command("READY", [.. Dealer, 1, (byte)'x', 0, 0])] },
        { "another command than READY", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Command("PING", [0, 0])] },
        { "an ERROR instead of READY", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Command("ERROR", [1, (byte)'x'])] },
        { "a message before READY", [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Message("early"u8.ToArray())] },
        { "a READY of 100 KB", [.. ZmtpTestClient.Greeting(), .. Header(6, 100_000)] },
    };

    /// <summary>The same after a handshake that was sound.</summary>
    public static TheoryData<string, byte[]> BrokenFrames => new()
    {
        { "a frame of 2 GiB", Header(2, 1L << 31) },
        { "a frame of the longest length", Header(2, long.MaxValue) },
        { "a negative length", Header(2, -1) },
        { "the most negative length", Header(2, long.MinValue) },
        { "a frame a byte over the limit", Header(2, ZmtpLimits.Default.MaxFrameBytes + 1) },
        { "a command of 1 GiB", Header(6, 1L << 30) },
        { "reserved flag 8", [8, 0] },
        { "reserved flag 128", [129, 1, 0] },
        { "a command that has more", [5, 2, 1, (byte)'x'] },
        { "an empty command", [4, 0] },
        { "a command without a name", [4, 2, 0, (byte)'x'] },
        { "a command's name that is longer than it", [4, 3, 5, (byte)'P', (byte)'I'] },
        { "a command's name with a line break", [4, 3, 2, (byte)'P', (byte)'\n'] },
        { "a PING without its time", ZmtpTestClient.Command("PING", [1]) },
        { "a PING with a long context", ZmtpTestClient.Command("PING", new byte[19]) },
        { "a second READY", ZmtpTestClient.Ready("DEALER") },
    };

    private static byte[] Dealer => ZmtpTestClient.Property("Socket-Type", "DEALER"u8.ToArray());

    [Theory, MemberData(nameof(BrokenHandshakes))]
    public async Task BrokenHandshake_IsClosedAtOnce(string what, byte[] bytes)
    {
        // The time for a handshake is longer than the test waits: it is not that which ends the connection.
        await using var router = TestSockets.Router(new ZmtpLimits { Handshake = TimeSpan.FromMinutes(10) });
        using var peer = await ZmtpTestClient.OpenAsync(router.LocalEndPoint);
        await peer.WriteAsync(bytes);
        Assert.True(await peer.IsClosedAsync(), what);
        Assert.Equal(0, router.Connected);
        await TestSockets.AssertServesAsync(router, ZmtpSocketType.Router);
    }

    [Theory, MemberData(nameof(BrokenFrames))]
    public async Task BrokenFrame_IsClosedAtOnce(string what, byte[] bytes)
    {
        await using var router = TestSockets.Router();
        using var peer = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER");
        await peer.WriteAsync(bytes);
        Assert.True(await peer.IsClosedAsync(), what);
        await TestSockets.UntilAsync(() => router.Connected == 0);
        await TestSockets.AssertServesAsync(router, ZmtpSocketType.Router);
    }

    [Theory]
    [InlineData(nameof(ZmtpSocketType.Router), "PUB")]
    [InlineData(nameof(ZmtpSocketType.Router), "REP")]
    [InlineData(nameof(ZmtpSocketType.Publisher), "DEALER")]
    [InlineData(nameof(ZmtpSocketType.Publisher), "PUB")]
    [InlineData(nameof(ZmtpSocketType.Reply), "SUB")]
    [InlineData(nameof(ZmtpSocketType.Reply), "REP")]
    public async Task WrongPartner_IsRefused(string name, string partner)
    {
        var type = Enum.Parse<ZmtpSocketType>(name);
        await using var socket = ZmtpSocket.Bind(type, TestSockets.AnyPort);
        using var peer = await ZmtpTestClient.ConnectAsync(socket.LocalEndPoint, partner);
        Assert.True(await peer.IsClosedAsync());
        await TestSockets.AssertServesAsync(socket, type);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(10), InlineData(63), InlineData(64), InlineData(70)]
    public async Task HalfHandshake_IsClosedWhenItsTimeIsUp(int bytes)
    {
        await using var router = TestSockets.Router(new ZmtpLimits { Handshake = TimeSpan.FromMilliseconds(300) });
        using var peer = await ZmtpTestClient.OpenAsync(router.LocalEndPoint);
        byte[] whole = [.. ZmtpTestClient.Greeting(), .. ZmtpTestClient.Ready("DEALER")];
        await peer.WriteAsync(whole[..bytes]);
        Assert.False(await peer.IsClosedAsync(TimeSpan.FromMilliseconds(30)));
        Assert.True(await peer.IsClosedAsync());
    }

    [Fact]
    public async Task IdleAfterTheHandshake_StaysConnected()
    {
        await using var router = TestSockets.Router(new ZmtpLimits { Handshake = TimeSpan.FromMilliseconds(500) });
        using var peer = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER");
        await Task.Delay(1200);
        await peer.SendAsync("still here"u8.ToArray());
        TestSockets.AssertSame(["still here"u8.ToArray()], (await TestSockets.NextAsync(router)).Frames);
    }

    [Theory, InlineData(1), InlineData(5), InlineData(9), InlineData(30), InlineData(5000)]
    public async Task HalfFrame_ThenClosed_GivesNoMessage(int bytes)
    {
        await using var router = TestSockets.Router();
        using (var peer = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER"))
        {
            await peer.WriteAsync(ZmtpTestClient.Message("whole"u8.ToArray(), new byte[10_000])[..(7 + bytes)]);
            await TestSockets.UntilAsync(() => router.Connected == 1);
        }

        await TestSockets.UntilAsync(() => router.Connected == 0);
        Assert.Equal(0, router.Incoming.Count);
        await TestSockets.AssertServesAsync(router, ZmtpSocketType.Router);
    }

    [Fact]
    public async Task Reset_InTheMiddle_IsOnlyAnEnd()
    {
        await using var router = TestSockets.Router();
        using var peer = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER");
        await peer.WriteAsync([1, 200, 1, 2, 3]);
        peer.Socket.LingerState = new LingerOption(true, 0);
        peer.Dispose();
        await TestSockets.UntilAsync(() => router.Connected == 0);
        await TestSockets.AssertServesAsync(router, ZmtpSocketType.Router);
    }

    [Fact]
    public async Task UnknownCommand_AndCommandAmongFrames_HaveNoMeaning()
    {
        await using var router = TestSockets.Router();
        using var peer = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER");
        await peer.WriteAsync([1, 1, (byte)'a', .. ZmtpTestClient.Command("X-NEW", [1, 2]), .. ZmtpTestClient.Command("SUBSCRIBE", [1]), .. ZmtpTestClient.Command("PING", [0, 9, 1, 2]), 0, 1, (byte)'b']);
        TestSockets.AssertSame(["a"u8.ToArray(), "b"u8.ToArray()], (await TestSockets.NextAsync(router)).Frames);
        var (flags, body) = await peer.ReceiveFrameAsync();
        Assert.Equal(4, flags);
        Assert.Equal([4, .. "PONG"u8, 1, 2], body);
    }

    [Fact]
    public async Task ManyPings_HoldNothing()
    {
        await using var router = TestSockets.Router(new ZmtpLimits { MaxMessageBytes = 1000, MaxFrameBytes = 1000 });
        using var peer = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER");
        for (var i = 0; i < 500; i++)
        {
            await peer.WriteAsync(ZmtpTestClient.Command("PING", [0, 0, 1]));
            Assert.Equal(4, (await peer.ReceiveFrameAsync()).Flags);
        }
    }

    private static byte[] Header(byte flags, long length)
    {
        var bytes = new byte[9];
        bytes[0] = flags;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), length);
        return bytes;
    }
}
