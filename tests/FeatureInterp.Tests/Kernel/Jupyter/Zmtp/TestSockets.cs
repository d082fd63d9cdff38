using System.Diagnostics;
using System.Net;
using FeatureInterp.Kernel.Jupyter.Zmtp;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>What tests of sockets do again and again.</summary>
internal static class TestSockets
{
    /// <summary>A free port of this machine.</summary>
    public static IPEndPoint AnyPort => new(IPAddress.Loopback, 0);

    public static ZmtpSocket Router(ZmtpLimits? limits = null) => ZmtpSocket.Bind(ZmtpSocketType.Router, AnyPort, limits);

    public static ZmtpSocket Publisher(ZmtpLimits? limits = null) => ZmtpSocket.Bind(ZmtpSocketType.Publisher, AnyPort, limits);

    public static ZmtpSocket Reply(ZmtpLimits? limits = null) => ZmtpSocket.Bind(ZmtpSocketType.Reply, AnyPort, limits);

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

    /// <summary>A good client is served: a message goes there and back.</summary>
    public static async Task AssertServesAsync(ZmtpSocket socket, ZmtpSocketType type)
    {
        var partner = type switch { ZmtpSocketType.Router => "DEALER", ZmtpSocketType.Publisher => "SUB", _ => "REQ" };
        using var client = await ZmtpTestClient.ConnectAsync(socket.LocalEndPoint, partner);
        byte[][] message = ["good "u8.ToArray(), [1, 2, 3]];
        switch (type)
        {
            case ZmtpSocketType.Router:
                // Others may have said something before; theirs is passed over.
                await client.SendAsync(message);
                ZmtpMessage received;
                do
                    received = await NextAsync(socket);
                while (received.Frames is not [_, [1, 2, 3]] || !received.Frames[0].AsSpan().SequenceEqual(message[0]));
                Assert.True(socket.Send(received.Peer, received.Frames));
                break;
            case ZmtpSocketType.Publisher:
                await client.SubscribeAsync("good");
                using (var enough = new CancellationTokenSource(ZmtpTestClient.Patience))
                {
                    var receiving = client.ReceiveAsync();
                    while (!receiving.IsCompleted)
                    {
                        socket.Publish(message);
                        await Task.Delay(2, enough.Token);
                    }

                    Assert.Equal<byte[]>(message, await receiving);
                }

                return;
            default:
                await client.SendAsync([], message[0], message[1]);
                Assert.Equal<byte[]>([[], .. message], await client.ReceiveAsync());
                return;
        }

        Assert.Equal<byte[]>(message, await client.ReceiveAsync());
    }
}
