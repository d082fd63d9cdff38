using System.Net.Sockets;
using FeatureInterp.Kernel.Jupyter.Zmtp;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>What a peer may ask for: at a limit all is well, beyond it the connection ends.</summary>
public sealed class ZmtpLimitTests
{
    [Theory, InlineData(100, true), InlineData(101, false)]
    public async Task FrameBytes(int length, bool served)
    {
        await using var router = TestSockets.Router(new ZmtpLimits { MaxFrameBytes = 100 });
        await AssertAsync(router, [new byte[length]], served);
    }

    [Theory, InlineData(3, true), InlineData(4, false)]
    public async Task FramesPerMessage(int frames, bool served)
    {
        await using var router = TestSockets.Router(new ZmtpLimits { MaxFramesPerMessage = 3 });
        await AssertAsync(router, new byte[frames][].Select(_ => Array.Empty<byte>()).ToArray(), served);
    }

    [Theory, InlineData(40, true), InlineData(41, false)]
    public async Task MessageBytes(int last, bool served)
    {
        await using var router = TestSockets.Router(new ZmtpLimits { MaxMessageBytes = 100 });
        await AssertAsync(router, [new byte[60], [], new byte[last]], served);
    }

    [Fact]
    public async Task MessageBytes_AreCountedFromZeroForEachMessage()
    {
        await using var router = TestSockets.Router(new ZmtpLimits { MaxMessageBytes = 100 });
        using var peer = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER");
        for (var i = 0; i < 20; i++)
        {
            await peer.SendAsync(new byte[50], new byte[50]);
            await TestSockets.NextAsync(router);
        }
    }

    [Fact]
    public async Task AllPeersTogether_HoldNoMoreThanTwoMessagesHalfWay()
    {
        await using var router = TestSockets.Router(new ZmtpLimits { MaxMessageBytes = 1 << 20 });
        var peers = new List<ZmtpTestClient>();
        for (var i = 0; i < 3; i++)
        {
            peers.Add(await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER"));
            try
            {
                await peers[i].WriteAsync(ZmtpTestClient.Message(new byte[1 << 20])[..^1]);
            }
            catch (SocketException)
            {
                // It had to go before it had sent everything.
            }
        }

        // One of the three had to go; when the others have gone too, there is room again.
        await TestSockets.UntilAsync(() => router.Connected == 2);
        foreach (var peer in peers)
            peer.Dispose();
        await TestSockets.UntilAsync(() => router.Connected == 0);
        await AssertAsync(router, [new byte[1 << 20]], true);
    }

    [Fact]
    public async Task Subscriptions_BeyondTheirNumber_EndTheConnection()
    {
        await using var publisher = TestSockets.Publisher();
        using var peer = await ZmtpTestClient.ConnectAsync(publisher.LocalEndPoint, "SUB");
        var many = new MemoryStream();
        for (var i = 0; i <= SubscriptionSet.MaxCount; i++)
            many.Write(ZmtpTestClient.Message([1, .. BitConverter.GetBytes(i)]));
        await peer.WriteAsync(many.ToArray());
        Assert.True(await peer.IsClosedAsync());
        await TestSockets.AssertServesAsync(publisher, ZmtpSocketType.Publisher);
    }

    [Fact]
    public async Task Topic_LongerThanACommand_EndsTheConnection()
    {
        await using var publisher = TestSockets.Publisher();
        using var peer = await ZmtpTestClient.ConnectAsync(publisher.LocalEndPoint, "SUB");
        await peer.WriteAsync([2, 0, 0, 0, 0, 0, 1, 0, 1]);
        Assert.True(await peer.IsClosedAsync());
    }

    [Fact]
    public async Task Connections_BeyondTheirNumber_AreClosed_UntilOneLeaves()
    {
        await using var router = TestSockets.Router(new ZmtpLimits { Connections = 2 });
        using var one = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER");
        using (await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER"))
        using (var third = await ZmtpTestClient.OpenAsync(router.LocalEndPoint))
            Assert.True(await third.IsClosedAsync());
        await TestSockets.EventuallyServesAsync(router, ZmtpSocketType.Router);
    }

    [Theory, InlineData(nameof(ZmtpSocketType.Router)), InlineData(nameof(ZmtpSocketType.Publisher)), InlineData(nameof(ZmtpSocketType.Reply))]
    public async Task ThousandConnections_AreSurvived_AndTheNextIsServed(string name)
    {
        var type = Enum.Parse<ZmtpSocketType>(name);
        await using var socket = ZmtpSocket.Bind(type, TestSockets.AnyPort);
        var strangers = new List<ZmtpTestClient>();
        try
        {
            for (var i = 0; i < 1000; i++)
            {
                strangers.Add(await ZmtpTestClient.OpenAsync(socket.LocalEndPoint));
                if (i % 3 == 0)
                    await strangers[^1].WriteAsync(ZmtpTestClient.Greeting()[..(i % 64)]);
            }
        }
        catch (SocketException e)
        {
            Assert.True(strangers.Count > ZmtpLimits.Default.Connections, $"Only {strangers.Count} could connect ({e.Message}).");
        }
        finally
        {
            foreach (var stranger in strangers)
                stranger.Dispose();
        }

        await TestSockets.EventuallyServesAsync(socket, type);
    }

    private static async Task AssertAsync(ZmtpSocket router, byte[][] message, bool served)
    {
        using var peer = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER");
        await peer.SendAsync(message);
        if (served)
        {
            TestSockets.AssertSame(message, (await TestSockets.NextAsync(router)).Frames);
            return;
        }

        Assert.True(await peer.IsClosedAsync());
        await TestSockets.AssertServesAsync(router, ZmtpSocketType.Router);
    }
}
