using System.Text;
using FeatureInterp.Kernel.Jupyter.Zmtp;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>A publisher's messages come to those who subscribed to how they begin, and to nobody else.</summary>
public sealed class ZmtpPublisherTests
{
    [Fact]
    public async Task Subscriptions_ArePrefixes()
    {
        await using var publisher = TestSockets.Publisher();
        using var all = await SubscribedAsync(publisher, "");
        using var some = await SubscribedAsync(publisher, "kernel.1");
        foreach (var topic in new[] { "kernel.2.status", "kernel.1.status", "kernel.10", "kernel.", "end" })
            publisher.Publish([Encoding.ASCII.GetBytes(topic), [7]]);
        publisher.Publish([Encoding.ASCII.GetBytes("kernel.1"), "last"u8.ToArray()]);

        Assert.Equal(["kernel.2.status", "kernel.1.status", "kernel.10", "kernel.", "end", "kernel.1"], await TopicsAsync(all, 6));
        Assert.Equal(["kernel.1.status", "kernel.10", "kernel.1"], await TopicsAsync(some, 3));
    }

    [Fact]
    public async Task Unsubscribe_EndsOneSubscription_TwoOfTheSameNeedTwo()
    {
        await using var publisher = TestSockets.Publisher();
        using var client = await SubscribedAsync(publisher, "a");
        await client.SubscribeAsync("a");
        await client.SubscribeAsync("b");
        await client.UnsubscribeAsync("a");
        await client.UnsubscribeAsync("never asked for");
        await InStepAsync(publisher, client);
        publisher.Publish(["a1"u8.ToArray()]);
        Assert.Equal(["a1"], await TopicsAsync(client, 1));

        await client.UnsubscribeAsync("a");
        await InStepAsync(publisher, client);
        publisher.Publish(["a2"u8.ToArray()]);
        publisher.Publish(["b1"u8.ToArray()]);
        Assert.Equal(["b1"], await TopicsAsync(client, 1));
    }

    [Fact]
    public async Task Subscriptions_ByCommand_AsInZmtp31()
    {
        await using var publisher = TestSockets.Publisher();
        using var client = await ZmtpTestClient.ConnectAsync(publisher.LocalEndPoint, "XSUB");
        await client.WriteAsync(ZmtpTestClient.Command("SUBSCRIBE", "x"u8.ToArray()));
        await client.WriteAsync(ZmtpTestClient.Command("SUBSCRIBE", "y"u8.ToArray()));
        await client.WriteAsync(ZmtpTestClient.Command("CANCEL", "x"u8.ToArray()));
        await InStepAsync(publisher, client);
        publisher.Publish(["x"u8.ToArray()]);
        publisher.Publish(["y"u8.ToArray()]);
        Assert.Equal(["y"], await TopicsAsync(client, 1));
    }

    [Fact]
    public async Task OtherMessages_FromASubscriber_HaveNoMeaning()
    {
        await using var publisher = TestSockets.Publisher();
        using var client = await SubscribedAsync(publisher, "a");
        await client.SendAsync([]);
        await client.SendAsync([2, (byte)'b']);
        await client.SendAsync("hello"u8.ToArray(), [1, (byte)'b']);
        await InStepAsync(publisher, client);
        publisher.Publish(["b"u8.ToArray()]);
        publisher.Publish(["a"u8.ToArray()]);
        Assert.Equal(["a"], await TopicsAsync(client, 1));
    }

    [Fact]
    public async Task EmptyTopic_OnlyThoseWhoWantAll()
    {
        await using var publisher = TestSockets.Publisher();
        using var some = await SubscribedAsync(publisher, "a");
        using var all = await SubscribedAsync(publisher, "");
        publisher.Publish([[], "text"u8.ToArray()]);
        publisher.Publish(["a"u8.ToArray()]);
        Assert.Equal(["", "a"], await TopicsAsync(all, 2));
        Assert.Equal(["a"], await TopicsAsync(some, 1));
    }

    [Fact]
    public async Task LongMessages_BetweenShortOnes_ArriveUnchanged()
    {
        await using var publisher = TestSockets.Publisher();
        using var client = await SubscribedAsync(publisher, "t");
        var random = new Random(5);
        var sent = new List<byte[][]>();
        foreach (var length in new[] { 3, 8192, 8193, 1, 0, 40_000, 10_000_000, 5, 300, 32_768, 65_536 })
        {
            var frame = new byte[length];
            random.NextBytes(frame);
            sent.Add(["t"u8.ToArray(), frame, [9]]);
            publisher.Publish(sent[^1]);
        }

        foreach (var message in sent)
            TestSockets.AssertSame(message, await client.ReceiveAsync());
        Assert.Equal(0, publisher.Dropped);
    }

    [Fact]
    public async Task ManyThreadsPublish_EachMessageArrivesWhole_EachThreadsInOrder()
    {
        await using var publisher = TestSockets.Publisher();
        using var client = await SubscribedAsync(publisher, "");
        const int Threads = 6, Each = 500;
        var publishing = Task.WhenAll(Enumerable.Range(0, Threads).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
                publisher.Publish([[(byte)t], BitConverter.GetBytes(i), new byte[i * 7 % 9000]]);
        })));
        var next = new int[Threads];
        for (var i = 0; i < Threads * Each; i++)
        {
            var message = await client.ReceiveAsync();
            var number = BitConverter.ToInt32(message[1]);
            Assert.Equal(next[message[0][0]]++, number);
            Assert.Equal(number * 7 % 9000, message[2].Length);
        }

        await publishing;
    }

    [Fact]
    public async Task SubscriberThatNeverReads_MissesSome_StaysAndHoldsLittle_OthersGetAll()
    {
        const int Messages = 100_000, Together = 500;
        var limits = new ZmtpLimits { QueuedMessages = 2000 };
        await using var publisher = TestSockets.Publisher(limits);
        using var silent = await SubscribedAsync(publisher, "t");
        using var good = await SubscribedAsync(publisher, "t");
        var published = new List<WeakReference>();
        for (var i = 0; i < Messages; i += Together)
        {
            for (var j = i; j < i + Together; j++)
                published.Add(Publish(publisher, j));
            for (var j = i; j < i + Together; j++)
                Assert.Equal(j, BitConverter.ToInt32((await good.ReceiveAsync())[1]));
        }

        Assert.Equal(2, publisher.Connected);
        Assert.InRange(publisher.Dropped, Messages / 2, Messages - limits.QueuedMessages);
        GC.Collect();
        Assert.InRange(published.Count(p => p.IsAlive), 1, limits.QueuedMessages + Together);

        // What found no room in its queue is what it has missed. Room comes again when the system takes more of the queue into its own
        // buffers, which it may at any time: so the first ones come without a gap, and those after them in order.
        var last = -1;
        for (var i = 0; i < Messages - publisher.Dropped; i++)
        {
            var number = BitConverter.ToInt32((await silent.ReceiveAsync())[1]);
            Assert.True(i < limits.QueuedMessages ? number == i : number > last, $"{number} came after {last}.");
            last = number;
        }
    }

    private static WeakReference Publish(ZmtpSocket publisher, int number)
    {
        var body = new byte[1000];
        publisher.Publish(["t"u8.ToArray(), BitConverter.GetBytes(number), body]);
        return new WeakReference(body);
    }

    private static async Task<ZmtpTestClient> SubscribedAsync(ZmtpSocket publisher, string prefix)
    {
        var client = await ZmtpTestClient.ConnectAsync(publisher.LocalEndPoint, "SUB");
        await client.SubscribeAsync(prefix);
        await InStepAsync(publisher, client);
        return client;
    }

    // What a peer sends is read in order: once its PING is answered, what it sent before has been obeyed.
    private static async Task InStepAsync(ZmtpSocket publisher, ZmtpTestClient client)
    {
        await client.WriteAsync(ZmtpTestClient.Command("PING", [0, 0, (byte)'?']));
        var (flags, body) = await client.ReceiveFrameAsync();
        Assert.Equal(4, flags);
        Assert.Equal([4, .. "PONG?"u8], body);
        Assert.True(publisher.Connected > 0);
    }

    private static async Task<string[]> TopicsAsync(ZmtpTestClient client, int count)
    {
        var topics = new string[count];
        for (var i = 0; i < count; i++)
            topics[i] = Encoding.ASCII.GetString((await client.ReceiveAsync())[0]);
        return topics;
    }
}
