using System.Text;
using FeatureInterp.Kernel.Jupyter.Zmtp;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>A router beside a client of the tests' own: what is sent arrives, frame by frame, at whom it was sent to.</summary>
public sealed class ZmtpRouterTests
{
    public static TheoryData<int> Lengths => [0, 1, 255, 256, 8192, 8193, 65_535, 65_536, 65_537, 10_000_000];

    [Theory, MemberData(nameof(Lengths))]
    public async Task Frame_OfAnyLength_ComesAndGoesUnchanged(int length)
    {
        await using var router = TestSockets.Router();
        using var client = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER");
        var frame = new byte[length];
        new Random(length).NextBytes(frame);

        var sending = client.SendAsync("before"u8.ToArray(), frame, "after"u8.ToArray());
        var message = await TestSockets.NextAsync(router);
        await sending;
        TestSockets.AssertSame(["before"u8.ToArray(), frame, "after"u8.ToArray()], message.Frames);

        Assert.True(router.Send(message.Peer, message.Frames));
        TestSockets.AssertSame(message.Frames, await client.ReceiveAsync());
    }

    [Fact]
    public async Task Message_OfManyFrames_ComesAndGoesUnchanged()
    {
        await using var router = TestSockets.Router();
        using var client = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER");
        var frames = Enumerable.Range(0, 4096).Select(i => Encoding.ASCII.GetBytes(new string('x', i % 300))).ToArray();
        var sending = client.SendAsync(frames);
        var message = await TestSockets.NextAsync(router);
        await sending;
        TestSockets.AssertSame(frames, message.Frames);
        Assert.True(router.Send(message.Peer, frames));
        TestSockets.AssertSame(frames, await client.ReceiveAsync());
    }

    [Fact]
    public async Task ManyPeers_EachGetsItsOwnAnswers_InOrder()
    {
        await using var router = TestSockets.Router();
        var answering = Task.Run(async () =>
        {
            await foreach (var message in router.Incoming.ReadAllAsync())
                Assert.True(router.Send(message.Peer, message.Frames));
        });
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async who =>
        {
            using var client = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, who % 2 == 0 ? "DEALER" : "ROUTER");
            for (var i = 0; i < 40; i++)
                await client.SendAsync([(byte)who], [(byte)i]);
            for (var i = 0; i < 40; i++)
                TestSockets.AssertSame([[(byte)who], [(byte)i]], await client.ReceiveAsync());
        }));
        await router.DisposeAsync();
        await answering.WaitAsync(ZmtpTestClient.Patience);
    }

    [Fact]
    public async Task Request_KeepsItsEmptyDelimiter()
    {
        await using var router = TestSockets.Router();
        using var client = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "REQ");
        await client.SendAsync([], "question"u8.ToArray());
        TestSockets.AssertSame([[], "question"u8.ToArray()], (await TestSockets.NextAsync(router)).Frames);
    }

    [Fact]
    public async Task UnixSocket_CarriesMessages_AndItsFileGoes()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("s");
        await using (var router = ZmtpSocket.Bind(ZmtpSocketType.Router, Listening.UnixAddress(path)))
        {
            Assert.True(File.Exists(path));
            using var client = await ZmtpTestClient.ConnectAsync(Listening.UnixAddress(path), "DEALER");
            await client.SendAsync("over a file"u8.ToArray());
            var message = await TestSockets.NextAsync(router);
            Assert.True(router.Send(message.Peer, message.Frames));
            TestSockets.AssertSame(["over a file"u8.ToArray()], await client.ReceiveAsync());
        }

        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Identity_IsThePeersName_AndMayBeSharedByTwoSockets()
    {
        await using var shell = TestSockets.Router();
        await using var stdin = TestSockets.Router();
        var identity = Enumerable.Repeat((byte)'i', 255).ToArray();
        using var asking = await ZmtpTestClient.ConnectAsync(shell.LocalEndPoint, "DEALER", identity);
        using var answering = await ZmtpTestClient.ConnectAsync(stdin.LocalEndPoint, "DEALER", identity);
        await asking.SendAsync("run"u8.ToArray());
        var message = await TestSockets.NextAsync(shell);
        Assert.Equal(identity, message.Peer);
        await TestSockets.UntilAsync(() => stdin.Send(message.Peer, ["your name?"u8.ToArray()]));
        TestSockets.AssertSame(["your name?"u8.ToArray()], await answering.ReceiveAsync());
    }

    [Fact]
    public async Task NoIdentity_GetsFiveBytesThatBeginWithZero_EachItsOwn()
    {
        await using var router = TestSockets.Router();
        using var one = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER");
        using var two = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER", []);
        await one.SendAsync("1"u8.ToArray());
        var first = await TestSockets.NextAsync(router);
        await two.SendAsync("2"u8.ToArray());
        var second = await TestSockets.NextAsync(router);
        Assert.All(new[] { first, second }, m => Assert.Equal((5, 0), (m.Peer.Length, m.Peer[0])));
        Assert.NotEqual(first.Peer, second.Peer);
    }

    [Fact]
    public async Task SameIdentityTwice_SecondIsRefused_UntilTheFirstLeaves()
    {
        await using var router = TestSockets.Router();
        var first = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER", "me"u8.ToArray());
        await TestSockets.UntilAsync(() => router.Connected == 1);
        using (var second = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER", "me"u8.ToArray()))
            Assert.True(await second.IsClosedAsync());
        await first.SendAsync("still here"u8.ToArray());
        Assert.Equal("me"u8.ToArray(), (await TestSockets.NextAsync(router)).Peer);

        first.Dispose();
        await TestSockets.UntilAsync(() => router.Connected == 0);
        using var again = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER", "me"u8.ToArray());
        await again.SendAsync("back"u8.ToArray());
        TestSockets.AssertSame(["back"u8.ToArray()], (await TestSockets.NextAsync(router)).Frames);
    }

    [Fact]
    public async Task Send_ToNobody_IsFalse()
    {
        await using var router = TestSockets.Router();
        Assert.False(router.Send("nobody"u8.ToArray(), [[1]]));
        using (var client = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER", "gone"u8.ToArray()))
            await TestSockets.UntilAsync(() => router.Send("gone"u8.ToArray(), [[1]]));
        await TestSockets.UntilAsync(() => !router.Send("gone"u8.ToArray(), [[1]]));
    }

    [Fact]
    public async Task Incoming_NotRead_HoldsThePeerBack_AndLosesNothing()
    {
        await using var router = TestSockets.Router(new ZmtpLimits { QueuedMessages = 10, QueuedBytes = 1 << 20 });
        using var client = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER");
        const int Messages = 300;
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++)
                await client.SendAsync(BitConverter.GetBytes(i), new byte[100_000]);
        });
        await TestSockets.UntilAsync(() => router.Incoming.Count == 10);
        await Task.Delay(200);
        Assert.Equal(10, router.Incoming.Count);
        Assert.False(sending.IsCompleted);
        for (var i = 0; i < Messages; i++)
            Assert.Equal(i, BitConverter.ToInt32((await TestSockets.NextAsync(router)).Frames[0]));
        await sending;
    }

    [Fact]
    public async Task Send_ToAPeerThatDoesNotRead_IsFalseAtTheLimit_AndAllThatWasTakenArrives()
    {
        await using var router = TestSockets.Router(new ZmtpLimits { QueuedMessages = 50, QueuedBytes = 4 << 20 });
        using var client = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER", "slow"u8.ToArray());
        await TestSockets.UntilAsync(() => router.Connected == 1);
        var taken = 0;
        while (taken < 10_000 && router.Send("slow"u8.ToArray(), [BitConverter.GetBytes(taken), new byte[50_000]]))
            taken++;
        Assert.InRange(taken, 50, 9_999);
        for (var i = 0; i < taken; i++)
            Assert.Equal(i, BitConverter.ToInt32((await client.ReceiveAsync())[0]));
        await TestSockets.UntilAsync(() => router.Send("slow"u8.ToArray(), [[1]]));
    }
}
