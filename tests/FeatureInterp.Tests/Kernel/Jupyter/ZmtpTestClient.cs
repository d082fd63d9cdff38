using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FeatureInterp.Tests.Kernel.Jupyter;

/// <summary>
/// The other end of a ZMTP 3.0 connection, written for tests and without the code under test: a DEALER, SUB or REQ over a bare
/// socket. One task may send while another receives.
/// </summary>
internal sealed class ZmtpTestClient : IDisposable
{
    /// <summary>How long anything may take before a test gives up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly BufferedStream _stream;

    private ZmtpTestClient(Socket socket)
    {
        _socket = socket;
        _stream = new BufferedStream(new NetworkStream(socket, ownsSocket: true), 1 << 16);
    }

    /// <summary>The connection itself, for what no client should do.</summary>
    public Socket Socket => _socket;

    /// <summary>Connects and shakes hands.</summary>
    public static async Task<ZmtpTestClient> ConnectAsync(EndPoint endpoint, string type, byte[]? identity = null)
    {
        var client = await OpenAsync(endpoint);
        await client.WriteAsync([.. Greeting(), .. Ready(type, identity)]);
        await client.ReadHandshakeAsync();
        return client;
    }

    /// <summary>Connects and says nothing.</summary>
    public static async Task<ZmtpTestClient> OpenAsync(EndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, endpoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint).WaitAsync(Patience);
        return new ZmtpTestClient(socket);
    }

    /// <summary>A client's greeting.</summary>
    public static byte[] Greeting(byte major = 3, string mechanism = "NULL")
    {
        var bytes = new byte[64];
        (bytes[0], bytes[9], bytes[10]) = (0xFF, 0x7F, major);
        Encoding.ASCII.GetBytes(mechanism).CopyTo(bytes, 12);
        return bytes;
    }

    /// <summary>A READY command, framed.</summary>
    public static byte[] Ready(string type, byte[]? identity = null)
        => Command("READY", [.. Property("Socket-Type", Encoding.ASCII.GetBytes(type)), .. identity is null ? [] : Property("Identity", identity)]);

    /// <summary>A property of a READY command.</summary>
    public static byte[] Property(string name, byte[] value)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        return [(byte)name.Length, .. Encoding.ASCII.GetBytes(name), .. length, .. value];
    }

    /// <summary>A command, framed.</summary>
    public static byte[] Command(string name, byte[] rest) => Frame(4, [(byte)name.Length, .. Encoding.ASCII.GetBytes(name), .. rest]);

    /// <summary>A message, framed.</summary>
    public static byte[] Message(params byte[][] frames)
    {
        var bytes = new MemoryStream();
        for (var i = 0; i < frames.Length; i++)
            bytes.Write(Frame((byte)(i < frames.Length - 1 ? 1 : 0), frames[i]));
        return bytes.ToArray();
    }

    /// <summary>One frame with these flags.</summary>
    public static byte[] Frame(byte flags, byte[] body)
    {
        if (body.Length < 256)
            return [flags, (byte)body.Length, .. body];
        var bytes = new byte[9 + body.Length];
        bytes[0] = (byte)(flags | 2);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), body.Length);
        body.CopyTo(bytes, 9);
        return bytes;
    }

    /// <summary>Writes bytes as they are.</summary>
    public async Task WriteAsync(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
            sent += await _socket.SendAsync(bytes.AsMemory(sent)).AsTask().WaitAsync(Patience);
    }

    /// <summary>Sends a message.</summary>
    public Task SendAsync(params byte[][] frames) => WriteAsync(Message(frames));

    /// <summary>Subscribes, the way clients of ZMTP 3.0 do.</summary>
    public Task SubscribeAsync(string prefix) => SendAsync([1, .. Encoding.UTF8.GetBytes(prefix)]);

    /// <summary>Cancels a subscription.</summary>
    public Task UnsubscribeAsync(string prefix) => SendAsync([0, .. Encoding.UTF8.GetBytes(prefix)]);

    /// <summary>Receives the next message; commands in between are passed over.</summary>
    public async Task<byte[][]> ReceiveAsync()
    {
        var frames = new List<byte[]>();
        while (true)
        {
            var (flags, body) = await ReceiveFrameAsync();
            if ((flags & 4) != 0)
                continue;
            frames.Add(body);
            if ((flags & 1) == 0)
                return frames.ToArray();
        }
    }

    /// <summary>Receives the next frame, whatever it is.</summary>
    public async Task<(byte Flags, byte[] Body)> ReceiveFrameAsync()
    {
        var flags = (await ReadAsync(1))[0];
        var length = (flags & 2) != 0 ? BinaryPrimitives.ReadInt64BigEndian(await ReadAsync(8)) : (await ReadAsync(1))[0];
        return (flags, await ReadAsync(checked((int)length)));
    }

    /// <summary>Receives the other side's greeting and READY; the READY's body.</summary>
    public async Task<byte[]> ReadHandshakeAsync()
    {
        var greeting = await ReadAsync(64);
        Assert.Equal([0xFF, 0x7F, 3, 0], [greeting[0], greeting[9], greeting[10], greeting[11]]);
        Assert.Equal("NULL", Encoding.ASCII.GetString(greeting, 12, 20).TrimEnd('\0'));
        Assert.All(greeting[32..], b => Assert.Equal(0, b));
        var (flags, body) = await ReceiveFrameAsync();
        Assert.Equal(4, flags);
        Assert.Equal("READY", Encoding.ASCII.GetString(body, 1, body[0]));
        return body;
    }

    /// <summary>Whether the other side closes the connection, whatever it says before, within the time.</summary>
    public async Task<bool> IsClosedAsync(TimeSpan? within = null)
    {
        using var enough = new CancellationTokenSource(within ?? Patience);
        var bytes = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(bytes, enough.Token) > 0) { }
            return true;
        }
        catch (IOException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose() => _stream.Dispose();

    private async Task<byte[]> ReadAsync(int length)
    {
        var bytes = new byte[length];
        await _stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(Patience);
        return bytes;
    }
}
