using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace FeatureInterp.Tests.Kernel.Jupyter;

/// <summary>Messages as a client writes and reads them, written from the protocol's text and not with the kernel's code.</summary>
internal sealed class ClientMessages(string key)
{
    public const string Delimiter = "<IDS|MSG>";

    private int _count;

    public string Session { get; } = "client-" + Guid.NewGuid().ToString("N");

    public JsonObject Header(string type, string? id = null) => new()
    {
        ["msg_id"] = id ?? $"{Session}_{++_count}",
        ["session"] = Session,
        ["username"] = "someone",
        ["date"] = "2026-01-02T03:04:05.000000Z",
        ["msg_type"] = type,
        ["version"] = "5.3",
    };

    public byte[][] Request(string type, JsonObject? content = null, JsonObject? header = null) =>
        Signed((header ?? Header(type)).ToJsonString(), "{}", "{}", (content ?? []).ToJsonString());

    public byte[][] Execute(string code, JsonObject? more = null)
    {
        var content = new JsonObject { ["code"] = code, ["silent"] = false, ["store_history"] = true, ["user_expressions"] = new JsonObject(), ["allow_stdin"] = false, ["stop_on_error"] = true };
        foreach (var (name, value) in more ?? [])
            content[name] = value?.DeepClone();
        return Request("execute_request", content);
    }

    public byte[][] Signed(params string[] parts) => Signed([.. parts.Select(Encoding.UTF8.GetBytes)]);

    public byte[][] Signed(byte[][] parts) => [Encoding.ASCII.GetBytes(Delimiter), Encoding.ASCII.GetBytes(Signature(parts)), .. parts];

    /// <summary>What a message says; fails the test when it is not well formed and signed.</summary>
    public Received Read(IReadOnlyList<byte[]> frames)
    {
        var at = frames.ToList().FindIndex(f => Encoding.Latin1.GetString(f) == Delimiter);
        Assert.True(at >= 0 && frames.Count == at + 6, $"{frames.Count} frames, delimiter at {at}");
        byte[][] parts = [.. frames.Skip(at + 2)];
        Assert.Equal(Signature(parts), Encoding.ASCII.GetString(frames[at + 1]));
        var json = parts.Select(p => (JsonObject)JsonNode.Parse(p)!).ToArray();
        foreach (var field in new[] { "msg_id", "session", "username", "date", "msg_type", "version" })
            Assert.True((string?)json[0][field] is { Length: > 0 }, $"the header has no {field}");
        return new Received([.. frames.Take(at)], (string)json[0]["msg_type"]!, json[0], json[1], json[3]);
    }

    private string Signature(byte[][] parts) => key.Length == 0 ? "" :
        Convert.ToHexString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), parts.SelectMany(p => p).ToArray())).ToLowerInvariant();
}

/// <summary>A message from the kernel.</summary>
internal sealed record Received(byte[][] Prefix, string Type, JsonObject Header, JsonObject Parent, JsonObject Content)
{
    public string Topic => Prefix.Length == 0 ? "" : Encoding.UTF8.GetString(Prefix[0]);

    public string? ParentId => (string?)Parent["msg_id"];

    public string? State => (string?)Content["execution_state"];

    public string? Text => (string?)Content["text"];
}
