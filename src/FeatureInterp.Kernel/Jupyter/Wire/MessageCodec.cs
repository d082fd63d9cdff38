using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// Messages to frames and back: <c>identities… &lt;IDS|MSG&gt; signature header parent_header metadata content buffers…</c>.
/// What comes in is bounded in number, size and depth, and its signature is checked before anything else of it is read.
/// </summary>
/// <param name="signer">Signs and checks.</param>
/// <param name="seen">Which messages came before.</param>
internal sealed class MessageCodec(MessageSigner signer, SeenMessages seen)
{
    /// <summary>The protocol's version, which every header names.</summary>
    public const string ProtocolVersion = "5.3";

    private const int Parts = 4; // header, parent header, metadata, content
    private const int MaxIdentities = 16;
    private const int MaxHeaderBytes = 64 << 10;
    private const int MaxContentBytes = 64 << 20;
    private const int MaxNameLength = 1024;
    private const int MaxDepth = 64;

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly byte[] Delimiter = "<IDS|MSG>"u8.ToArray();
    private static readonly byte[] Empty = "{}"u8.ToArray();

    private long _sent;

    /// <summary>This process's session, in the header of everything it sends.</summary>
    public string Session { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Reads a message.</summary>
    /// <param name="peer">The connection it came over.</param>
    /// <param name="frames">Its frames.</param>
    /// <exception cref="MessageException">It is not one, is not signed with the key, or came before. Without a key anybody can send anything, and nothing is remembered.</exception>
    public JupyterMessage Decode(byte[] peer, IReadOnlyList<byte[]> frames)
    {
        var at = 0;
        while (at < frames.Count && !frames[at].AsSpan().SequenceEqual(Delimiter))
        {
            if (++at > MaxIdentities)
                throw new MessageException($"a message has no delimiter <IDS|MSG> among its first {MaxIdentities} frames");
        }

        if (frames.Count < at + 2 + Parts)
            throw new MessageException($"a message of {frames.Count} frames ends before its content");
        byte[][] parts = [.. frames.Skip(at + 2).Take(Parts)];
        if (parts.AsSpan(0, Parts - 1).ToArray().Any(p => p.Length > MaxHeaderBytes) || parts[^1].Length > MaxContentBytes)
            throw new MessageException($"a message has headers over {MaxHeaderBytes} bytes or a content over {MaxContentBytes}");
        if (!signer.Verify(parts, frames[at + 1]))
            throw new MessageException("a message is not signed with this connection's key");
        if (signer.Signs && !seen.IsNew(frames[at + 1]))
            throw new MessageException("a message came a second time");
        return Read(peer, [.. frames.Take(at)], parts);
    }

    /// <summary>The frames of a message to send.</summary>
    /// <param name="prefix">What stands before the delimiter: routing frames, or the topic of what is published.</param>
    /// <param name="type">The kind of message.</param>
    /// <param name="parent">The request it belongs to.</param>
    /// <param name="content">Its body.</param>
    /// <param name="id">The id the header gives it.</param>
    public byte[][] Encode(IReadOnlyList<byte[]> prefix, string type, MessageHeader parent, JsonObject content, out string id)
    {
        id = string.Create(CultureInfo.InvariantCulture, $"{Session}_{Interlocked.Increment(ref _sent)}");
        var header = new JsonObject
        {
            ["msg_id"] = id,
            ["session"] = Session,
            ["username"] = "kernel",
            ["date"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            ["msg_type"] = type,
            ["version"] = ProtocolVersion,
        };
        byte[][] parts = [Bytes(header), parent.Json, Empty, Bytes(content)];
        return [.. prefix, Delimiter, signer.Sign(parts), .. parts];
    }

    private static byte[] Bytes(JsonObject value)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Compact))
            value.WriteTo(writer);
        return stream.ToArray();
    }

    private static JupyterMessage Read(byte[] peer, byte[][] identities, byte[][] parts)
    {
        // Echoed to every client, some of which end on bytes that are not text.
        if (!parts.All(p => Utf8.IsValid(p)))
            throw new MessageException("a message is not UTF-8");
        try
        {
            var header = Object(parts[0], "header");
            var parent = Object(parts[1], "parent header");
            _ = Object(parts[2], "metadata");
            var content = Object(parts[3], "content");
            var named = new MessageHeader(Name(header, "msg_id"), Name(header, "session", ""), Name(header, "msg_type"), parts[0]);
            return new(peer, identities, named, Name(parent, "msg_id", ""), content);
        }
        catch (JsonException e)
        {
            throw new MessageException("a message holds something that is not JSON, or JSON nested too deep", e);
        }
    }

    private static JsonElement Object(byte[] json, string what)
    {
        // Not disposed: the content lives as long as the request, and the collector takes both.
        var root = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth }).RootElement;
        return root.ValueKind == JsonValueKind.Object ? root : throw new MessageException($"a message's {what} is {root.ValueKind}, and wanted is an object");
    }

    private static string Name(JsonElement header, string field, string? otherwise = null)
    {
        if (!header.TryGetProperty(field, out var value) && otherwise is not null)
            return otherwise;
        try
        {
            if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= MaxNameLength } text)
                return text;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: refused below.
        }

        return otherwise ?? throw new MessageException($"a message's header has no usable {field}");
    }
}

/// <summary>A message that is dropped; the message says why.</summary>
internal sealed class MessageException(string message, Exception? inner = null) : Exception(message, inner);
