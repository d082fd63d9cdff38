using FeatureInterp.Kernel.Jupyter.Zmtp;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>The heart-beat sends everything back as it came.</summary>
public sealed class ZmtpReplyTests
{
    [Theory, InlineData("REQ"), InlineData("DEALER")]
    public async Task EnvelopeAndBody_ComeBack(string type)
    {
        await using var reply = TestSockets.Reply();
        using var client = await ZmtpTestClient.ConnectAsync(reply.LocalEndPoint, type);
        foreach (var message in new byte[][][] { [[], "ping"u8.ToArray()], [[1, 2], [3], [], "ping"u8.ToArray(), new byte[100_000]], [[]] })
        {
            await client.SendAsync(message);
            TestSockets.AssertSame(message, await client.ReceiveAsync());
        }
    }

    [Fact]
    public async Task Identity_MayBeShared_AHeartBeatHasNoNames()
    {
        await using var reply = TestSockets.Reply();
        using var one = await ZmtpTestClient.ConnectAsync(reply.LocalEndPoint, "REQ", [7]);
        using var two = await ZmtpTestClient.ConnectAsync(reply.LocalEndPoint, "REQ", [7]);
        await two.SendAsync([], [2]);
        await one.SendAsync([], [1]);
        TestSockets.AssertSame([[], [1]], await one.ReceiveAsync());
        TestSockets.AssertSame([[], [2]], await two.ReceiveAsync());
    }

    [Fact]
    public async Task PeerThatSendsAndNeverReads_IsNotReadFrom_OthersAreServed()
    {
        await using var reply = TestSockets.Reply(new ZmtpLimits { QueuedMessages = 5, QueuedBytes = 1 << 20 });
        using var rude = await ZmtpTestClient.ConnectAsync(reply.LocalEndPoint, "DEALER");
        var sent = 0;
        var sending = Task.Run(async () =>
        {
            while (sent < 1000)
            {
                await rude.SendAsync(new byte[1 << 20]);
                sent++;
            }
        });
        var last = -1;
        while (last != sent)
        {
            last = sent;
            await Task.Delay(300);
        }

        Assert.InRange(sent, 1, 100);
        await TestSockets.AssertServesAsync(reply, ZmtpSocketType.Reply);
        rude.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
    }
}
