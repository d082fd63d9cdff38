using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// What a front end writes for the kernel it starts: where to listen on five sockets and the key that signs messages
/// (Jupyter's messaging protocol, "connection files").
/// </summary>
/// <param name="Path">The file it was read from.</param>
/// <param name="Transport">TCP ports, or Unix sockets named <c>{ip}-{port}</c>.</param>
/// <param name="Address">The address of TCP sockets, the path's beginning of Unix sockets.</param>
/// <param name="Ports">The five ports.</param>
/// <param name="Key">The signing key; empty when messages are not signed.</param>
internal sealed record ConnectionFile(string Path, ConnectionTransport Transport, string Address, ChannelPorts Ports, byte[] Key)
{
    private const int MaxBytes = 64 << 10;
    private const int MaxKeyBytes = 4096;
    private const int LongestUnixPath = 100; // sun_path holds 104 to 108 bytes with the terminator, depending on the system
    private const string Remedy = "start the kernel from a Jupyter front end, which writes this file";

    /// <summary>Reads and checks a connection file.</summary>
    /// <exception cref="ConnectionFileException">It cannot be read, or says something that cannot be used.</exception>
    public static ConnectionFile Load(string path) => Parse(Read(path), path);

    /// <summary>Checks the bytes of a connection file.</summary>
    /// <param name="json">The file's content.</param>
    /// <param name="path">What errors call it.</param>
    /// <exception cref="ConnectionFileException">It says something that cannot be used.</exception>
    public static ConnectionFile Parse(ReadOnlyMemory<byte> json, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            return Create(new Fields(document.RootElement, path));
        }
        catch (JsonException e)
        {
            throw new ConnectionFileException($"{path}: it is not JSON (line {e.LineNumber + 1}); {Remedy}.", e);
        }
    }

    /// <summary>Where the socket with this port listens.</summary>
    /// <param name="port">One of <see cref="Ports"/>.</param>
    public EndPoint EndPoint(int port) => Transport == ConnectionTransport.Ipc
        ? new UnixDomainSocketEndPoint(UnixPath(Address, port))
        : new IPEndPoint(IPAddress.Parse(Address), port);

    private static byte[] Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[MaxBytes + 1];
            var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return read <= MaxBytes ? bytes[..read] : throw new ConnectionFileException($"{path}: it is over {MaxBytes} bytes, and a connection file has a few hundred; {Remedy}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ConnectionFileException($"{path} could not be read ({e.Message.TrimEnd('.')}); {Remedy}.", e);
        }
    }

    private static ConnectionFile Create(Fields fields)
    {
        var transport = fields.Text("transport", "tcp") switch
        {
            "tcp" => ConnectionTransport.Tcp,
            "ipc" => ConnectionTransport.Ipc,
            var other => throw fields.Problem($"transport is '{Shown(other)}', and this kernel speaks tcp and ipc"),
        };
        var ports = new ChannelPorts(fields.Port("shell_port"), fields.Port("iopub_port"), fields.Port("stdin_port"), fields.Port("control_port"), fields.Port("hb_port"));
        if (ports.FirstTwice is { } twice)
            throw fields.Problem($"port {twice} is given to two channels, and each needs its own");
        var address = fields.Text("ip", transport == ConnectionTransport.Tcp ? "127.0.0.1" : null);
        return new(fields.Path, transport, transport == ConnectionTransport.Tcp ? TcpAddress(address, fields) : UnixAddress(address, ports, fields), ports, SigningKey(fields));
    }

    private static string TcpAddress(string address, Fields fields) => address switch
    {
        "localhost" => IPAddress.Loopback.ToString(),
        "*" => IPAddress.Any.ToString(),
        _ when IPAddress.TryParse(address, out var parsed) => parsed.ToString(),
        _ => throw fields.Problem($"ip is '{Shown(address)}', and wanted is an address such as 127.0.0.1"),
    };

    private static string UnixAddress(string address, ChannelPorts ports, Fields fields) =>
        address.Length == 0 || address.Contains('\0', StringComparison.Ordinal)
            ? throw fields.Problem("ip is not the beginning of a path, which transport ipc needs")
            : ports.All.Select(p => UnixPath(address, p)).FirstOrDefault(p => Encoding.UTF8.GetByteCount(p) > LongestUnixPath) is { } path
                ? throw fields.Problem($"the socket's path {Shown(path)} is over {LongestUnixPath} bytes, more than systems allow; use a shorter runtime folder (JUPYTER_RUNTIME_DIR)")
                : address;

    private static byte[] SigningKey(Fields fields)
    {
        var key = Encoding.UTF8.GetBytes(fields.Text("key", ""));
        if (key.Length > MaxKeyBytes)
            throw fields.Problem($"key has {key.Length} bytes, at most {MaxKeyBytes} are read");
        var scheme = fields.Text("signature_scheme", "hmac-sha256");
        return key.Length == 0 || string.Equals(scheme, "hmac-sha256", StringComparison.Ordinal)
            ? key
            : throw fields.Problem($"signature_scheme is '{Shown(scheme)}', and this kernel signs with hmac-sha256");
    }

    private static string UnixPath(string address, int port) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{address}-{port}");

    private static string Shown(string text) => text.Length <= 120 ? text.ReplaceLineEndings(" ") : text[..120].ReplaceLineEndings(" ") + "…";

    private sealed class Fields
    {
        private readonly JsonElement _root;

        public Fields(JsonElement root, string path)
        {
            (_root, Path) = (root, path);
            if (root.ValueKind != JsonValueKind.Object)
                throw Problem($"it holds {root.ValueKind} where an object with ports and a key is wanted");
        }

        public string Path { get; }

        public ConnectionFileException Problem(string what) => new($"{Path}: {what}; {Remedy}.");

        public string Text(string name, string? otherwise)
        {
            if (!_root.TryGetProperty(name, out var value))
                return otherwise ?? throw Problem($"{name} is missing");
            if (value.ValueKind != JsonValueKind.String)
                throw Problem($"{name} is {value.ValueKind}, and wanted is a string");
            try
            {
                return value.GetString()!;
            }
            catch (InvalidOperationException)
            {
                throw Problem($"{name} is not valid text");
            }
        }

        public int Port(string name)
        {
            if (!_root.TryGetProperty(name, out var value))
                throw Problem($"{name} is missing");
            return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var port) && port is >= 1 and <= IPEndPoint.MaxPort
                ? port
                : throw Problem($"{name} is {Shown(value.GetRawText())}, and wanted is a number from 1 to {IPEndPoint.MaxPort}");
        }
    }
}

/// <summary>How a front end reaches the kernel.</summary>
internal enum ConnectionTransport
{
    /// <summary>TCP.</summary>
    Tcp,

    /// <summary>Unix domain sockets.</summary>
    Ipc,
}

/// <summary>The ports of the five channels.</summary>
/// <param name="Shell">Requests, one after another.</param>
/// <param name="IoPub">What everybody hears: status and outputs.</param>
/// <param name="Stdin">Questions to the user.</param>
/// <param name="Control">Requests that do not wait for a running cell.</param>
/// <param name="HeartBeat">Echoes whatever comes.</param>
internal sealed record ChannelPorts(int Shell, int IoPub, int Stdin, int Control, int HeartBeat)
{
    /// <summary>All five.</summary>
    public IReadOnlyList<int> All => [Shell, IoPub, Stdin, Control, HeartBeat];

    /// <summary>A port that stands twice, or null.</summary>
    public int? FirstTwice => All.GroupBy(p => p).Where(g => g.Skip(1).Any()).Select(g => (int?)g.Key).FirstOrDefault();
}

/// <summary>A connection file that cannot be used: one sentence that names the file, what was found and what was wanted.</summary>
internal sealed class ConnectionFileException(string message, Exception? inner = null) : Exception(message, inner);
