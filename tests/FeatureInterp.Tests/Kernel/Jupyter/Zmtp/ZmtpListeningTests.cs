using System.Net;
using System.Net.Sockets;
using FeatureInterp.Kernel.Jupyter.Zmtp;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>Where a socket may be bound, what is said where it may not, and that nothing is left of it.</summary>
public sealed class ZmtpListeningTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PortTaken_IsSaidInOneSentence()
    {
        await using var first = TestSockets.Router();
        var error = Assert.Throws<ZmtpException>(() => ZmtpSocket.Bind(ZmtpSocketType.Publisher, first.LocalEndPoint));
        Assert.Contains($"{first.LocalEndPoint} is in use", error.Message);
        await TestSockets.AssertServesAsync(first, ZmtpSocketType.Router);
    }

    [Fact]
    public async Task Port_CanBeHadAgainAtOnce_AfterConnectionsWereClosed()
    {
        EndPoint endpoint;
        await using (var first = TestSockets.Router())
        {
            endpoint = first.LocalEndPoint;
            await TestSockets.AssertServesAsync(first, ZmtpSocketType.Router);
            using var open = await ZmtpTestClient.ConnectAsync(endpoint, "DEALER");
            await first.DisposeAsync();
        }

        await using var second = ZmtpSocket.Bind(ZmtpSocketType.Router, endpoint);
        await TestSockets.AssertServesAsync(second, ZmtpSocketType.Router);
    }

    [Fact]
    public void AddressOfAnotherMachine_IsSaidInOneSentence() =>
        Assert.Contains("192.0.2.1:0", Assert.Throws<ZmtpException>(() => ZmtpSocket.Bind(ZmtpSocketType.Reply, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0))).Message);

    [Theory, InlineData(200), InlineData(0)]
    public void UnixPath_TooLongOrEmpty_IsSaidInOneSentence(int length) =>
        Assert.Contains("Unix socket", Assert.Throws<ZmtpException>(() => Listening.UnixAddress(new string('p', length))).Message);

    [Fact]
    public void UnixPath_InNoFolder_IsSaidInOneSentence() =>
        Assert.Contains("nowhere", Assert.Throws<ZmtpException>(() => ZmtpSocket.Bind(ZmtpSocketType.Router, Listening.UnixAddress(_folder.PathOf("nowhere/s")))).Message);

    [Fact]
    public async Task UnixSocket_InUse_IsSaid_AndServesOn()
    {
        var address = Listening.UnixAddress(_folder.PathOf("s"));
        await using var first = ZmtpSocket.Bind(ZmtpSocketType.Router, address);
        Assert.Contains("in use", Assert.Throws<ZmtpException>(() => ZmtpSocket.Bind(ZmtpSocketType.Router, address)).Message);
        await TestSockets.AssertServesAsync(first, ZmtpSocketType.Router);
    }

    [Fact]
    public async Task UnixSocket_LeftByAKilledProgram_IsReplaced()
    {
        var path = _folder.PathOf("s");
        LeaveSocketFile(path);
        Assert.True(File.Exists(path));
        await using (var socket = ZmtpSocket.Bind(ZmtpSocketType.Router, Listening.UnixAddress(path)))
            await TestSockets.AssertServesAsync(socket, ZmtpSocketType.Router);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void UnixPath_OfAnotherFile_LeavesTheFileAlone()
    {
        var path = _folder.Write("notes.txt", "important");
        Assert.Throws<ZmtpException>(() => ZmtpSocket.Bind(ZmtpSocketType.Router, Listening.UnixAddress(path)));
        Assert.Equal("important", File.ReadAllText(path));
        File.WriteAllText(path, "");
        Assert.Throws<ZmtpException>(() => ZmtpSocket.Bind(ZmtpSocketType.Router, Listening.UnixAddress(path)));
        Assert.True(File.Exists(path));
    }

    [Theory, InlineData(nameof(ZmtpSocketType.Router)), InlineData(nameof(ZmtpSocketType.Publisher)), InlineData(nameof(ZmtpSocketType.Reply))]
    public async Task Dispose_ClosesConnections_Address_AndIncoming(string name)
    {
        var socket = ZmtpSocket.Bind(Enum.Parse<ZmtpSocketType>(name), TestSockets.AnyPort);
        using var half = await ZmtpTestClient.OpenAsync(socket.LocalEndPoint);
        using var whole = await ZmtpTestClient.ConnectAsync(socket.LocalEndPoint, name switch { "Router" => "DEALER", "Publisher" => "SUB", _ => "REQ" });
        await TestSockets.UntilAsync(() => socket.Connected == 1);
        await socket.DisposeAsync().AsTask().WaitAsync(ZmtpTestClient.Patience);
        await socket.DisposeAsync();
        Assert.True(await half.IsClosedAsync());
        Assert.True(await whole.IsClosedAsync());
        Assert.Equal(0, socket.Connected);
        Assert.True(socket.Incoming.Completion.IsCompleted);
        await Assert.ThrowsAsync<SocketException>(() => ZmtpTestClient.OpenAsync(socket.LocalEndPoint));
    }

    [Fact]
    public async Task Dispose_WithAPeerThatDoesNotRead_AndOneThatIsHeldBack_DoesNotWait()
    {
        var router = TestSockets.Router(new ZmtpLimits { QueuedMessages = 1 });
        using var peer = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER", [7]);
        for (var i = 0; i < 3; i++)
            await peer.SendAsync(new byte[10]);
        await TestSockets.UntilAsync(() => router.Incoming.Count == 1);
        Assert.True(router.Send([7], [new byte[50 << 20]]));
        await Task.Delay(50);
        await router.DisposeAsync().AsTask().WaitAsync(ZmtpTestClient.Patience);
        Assert.False(router.Send([7], [[1]]));
    }

    [Fact]
    public async Task Flush_WaitsForWhatIsQueued_ButNoLongerThanAsked()
    {
        await using var router = TestSockets.Router();
        using var peer = await ZmtpTestClient.ConnectAsync(router.LocalEndPoint, "DEALER", [7]);
        await TestSockets.UntilAsync(() => router.Connected == 1);
        await router.FlushAsync(TimeSpan.FromSeconds(20));

        var message = new byte[50 << 20];
        Assert.True(router.Send([7], [message]));
        await router.FlushAsync(TimeSpan.FromMilliseconds(100)).WaitAsync(ZmtpTestClient.Patience); // more than the system keeps: it is not written
        var flushing = router.FlushAsync(ZmtpTestClient.Patience);
        Assert.False(flushing.IsCompleted);
        Assert.Equal(message.Length, (await peer.ReceiveAsync())[0].Length);
        await flushing;

        // What was flushed arrives, though the socket is closed.
        Assert.True(router.Send([7], ["last words"u8.ToArray()]));
        await router.FlushAsync(ZmtpTestClient.Patience);
        await router.DisposeAsync();
        TestSockets.AssertSame(["last words"u8.ToArray()], await peer.ReceiveAsync());
        Assert.True(await peer.IsClosedAsync());
    }

    [Fact]
    public async Task SendAndPublish_OnTheWrongSocket_Throw()
    {
        await using var router = TestSockets.Router();
        await using var publisher = TestSockets.Publisher();
        Assert.Throws<InvalidOperationException>(() => router.Publish([[1]]));
        Assert.Throws<InvalidOperationException>(() => publisher.Send([1], [[1]]));
        Assert.Throws<ArgumentOutOfRangeException>(() => router.Send([1], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => publisher.Publish([]));
        Assert.True(publisher.Incoming.Completion.IsCompleted);
    }

    // A file of a socket outlives it where the program that bound it cannot remove it any more: here it had another name.
    private static void LeaveSocketFile(string path)
    {
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(path + ".0"));
            File.Move(path + ".0", path);
        }
    }
}
