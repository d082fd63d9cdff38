using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Jupyter;

namespace FeatureInterp.Tests.Kernel.Jupyter;

/// <summary>A client's side of the talk with a kernel: all channels over real sockets, one identity on shell and stdin as clients have it.</summary>
internal sealed class KernelConversation : IDisposable
{
    private readonly ClientMessages _messages;

    private KernelConversation(ClientMessages messages) => _messages = messages;

    public ClientMessages Messages => _messages;

    public required ZmtpTestClient Shell { get; init; }

    public required ZmtpTestClient Control { get; init; }

    public required ZmtpTestClient Stdin { get; init; }

    public required ZmtpTestClient IoPub { get; init; }

    public required ZmtpTestClient HeartBeat { get; init; }

    /// <summary>A connection file with ports that are free now.</summary>
    public static string ConnectionJson(string key, string transport = "tcp", string ip = "127.0.0.1")
    {
        var ports = transport == "ipc" ? [1, 2, 3, 4, 5] : FreePorts(5);
        return new JsonObject
        {
            ["shell_port"] = ports[0],
            ["iopub_port"] = ports[1],
            ["stdin_port"] = ports[2],
            ["control_port"] = ports[3],
            ["hb_port"] = ports[4],
            ["ip"] = ip,
            ["key"] = key,
            ["transport"] = transport,
            ["signature_scheme"] = "hmac-sha256",
        }.ToJsonString();
    }

    public static async Task<KernelConversation> ConnectAsync(ConnectionFile file)
    {
        var identity = Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N"));
        var talk = new KernelConversation(new ClientMessages(Encoding.UTF8.GetString(file.Key)))
        {
            Shell = await OpenAsync(file, file.Ports.Shell, "DEALER", identity),
            Control = await OpenAsync(file, file.Ports.Control, "DEALER", identity),
            Stdin = await OpenAsync(file, file.Ports.Stdin, "DEALER", identity),
            IoPub = await OpenAsync(file, file.Ports.IoPub, "SUB", null),
            HeartBeat = await OpenAsync(file, file.Ports.HeartBeat, "REQ", null),
        };
        await talk.IoPub.SubscribeAsync("");
        await talk.ReadyAsync();
        return talk;
    }

    public Task SendAsync(ZmtpTestClient channel, byte[][] frames) => channel.SendAsync(frames);

    /// <summary>Sends a request and reads until the kernel says that it is done with it: the reply and what was published for it.</summary>
    public async Task<(Received Reply, List<Received> Published)> AskAsync(ZmtpTestClient channel, byte[][] frames)
    {
        var id = (string)JsonNode.Parse(frames[2])!["msg_id"]!;
        await channel.SendAsync(frames);
        var published = await UntilIdleAsync(id);
        return (await ReplyAsync(channel, id), published);
    }

    public Task<(Received Reply, List<Received> Published)> ExecuteAsync(string code, JsonObject? more = null) => AskAsync(Shell, _messages.Execute(code, more));

    public async Task<Received> ReplyAsync(ZmtpTestClient channel, string id)
    {
        while (true)
        {
            var reply = _messages.Read(await channel.ReceiveAsync());
            if (reply.ParentId == id)
                return reply;
        }
    }

    /// <summary>What is published for a request, to the idle status.</summary>
    public async Task<List<Received>> UntilIdleAsync(string id)
    {
        var published = new List<Received>();
        while (true)
        {
            var message = await PublishedAsync();
            if (message.ParentId != id)
                continue;
            published.Add(message);
            if (message.State == "idle")
                return published;
        }
    }

    /// <summary>The next published message of this type.</summary>
    public async Task<Received> PublishedAsync(string type)
    {
        while (true)
        {
            if (await PublishedAsync() is { } message && message.Type == type)
                return message;
        }
    }

    public void Dispose()
    {
        foreach (var channel in new[] { Shell, Control, Stdin, IoPub, HeartBeat })
            channel.Dispose();
    }

    private async Task<Received> PublishedAsync()
    {
        var message = _messages.Read(await IoPub.ReceiveAsync());
        Assert.Equal(message.Type, message.Topic);
        return message;
    }

    // A subscription takes effect some time after it was sent: until status comes, the question is asked again.
    private async Task ReadyAsync()
    {
        var heard = PublishedAsync("status");
        for (var tries = 0; tries < 100 && !heard.IsCompleted; tries++)
        {
            var frames = _messages.Request("kernel_info_request");
            await Shell.SendAsync(frames);
            await ReplyAsync(Shell, (string)JsonNode.Parse(frames[2])!["msg_id"]!);
            await Task.WhenAny(heard, Task.Delay(20));
        }

        await heard;
    }

    private static async Task<ZmtpTestClient> OpenAsync(ConnectionFile file, int port, string type, byte[]? identity)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await ZmtpTestClient.ConnectAsync(file.EndPoint(port), type, identity);
            }
            catch (SocketException) when (tries < 600)
            {
                await Task.Delay(50);
            }
        }
    }

    private static int[] FreePorts(int count)
    {
        // Held together, so that they differ.
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        try
        {
            foreach (var listener in listeners)
                listener.Start();
            return [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in listeners)
                listener.Stop();
        }
    }
}
