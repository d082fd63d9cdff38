using System.Text;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Jupyter;

namespace FeatureInterp.Tests.Kernel.Jupyter;

public class MessageCodecTests
{
    private const string Key = "6a1f-key";
    private readonly ClientMessages _client = new(Key);
    private readonly MessageCodec _codec = Codec(Key);

    [Fact]
    public void Sign_KnownAnswer_IsTheOneOfRfc4231()
    {
        // Test case 2 of RFC 4231, the text cut into four frames: what is signed is one after another.
        var signer = new MessageSigner(Encoding.ASCII.GetBytes("Jefe"));
        byte[][] frames = [.. new[] { "what do ", "ya want ", "", "for nothing?" }.Select(Encoding.ASCII.GetBytes)];
        Assert.Equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", Encoding.ASCII.GetString(signer.Sign(frames)));
    }

    [Fact]
    public void Decode_SoundMessage_HasEverythingAndEchoesTheHeader()
    {
        var header = _client.Header("execute_request", "id-1");
        header["a field of tomorrow"] = new JsonArray(1, "ü");
        var frames = _client.Signed(header.ToJsonString(), "{\"msg_id\":\"p\"}", "{}", "{\"code\":\"1\"}");
        var message = _codec.Decode([1, 2], [[9], .. frames, Encoding.ASCII.GetBytes("a buffer")]);
        Assert.Equal(("id-1", _client.Session, "execute_request"), (message.Header.Id, message.Header.Session, message.Header.Type));
        Assert.Equal("p", message.ParentId);
        Assert.Equal([1, 2], message.Peer);
        Assert.Equal([9], Assert.Single(message.Identities));
        Assert.Equal("1", message.Content.GetProperty("code").GetString());
        Assert.Equal(frames[2], message.Header.Json);
    }

    [Fact]
    public void Encode_Message_IsWhatAClientReads()
    {
        var request = _codec.Decode([1], _client.Request("kernel_info_request"));
        var content = new JsonObject { ["text"] = "größer 😀 <b>\u2028\u0000" };
        var read = _client.Read(_codec.Encode([[5], [6]], "stream", request.Header, content, out var id));
        Assert.Equal(("stream", id, _codec.Session), (read.Type, (string)read.Header["msg_id"]!, (string)read.Header["session"]!));
        Assert.Equal("größer 😀 <b>\u2028\u0000", (string)read.Content["text"]!);
        Assert.Equal(request.Header.Id, read.ParentId);
        Assert.Equal(2, read.Prefix.Length);
        Assert.Equal("5.3", (string)read.Header["version"]!);
        _codec.Encode([], "stream", MessageHeader.None, content, out var next);
        Assert.NotEqual(id, next);
    }

    [Fact]
    public void Decode_AnyFrameChanged_IsRefused()
    {
        for (var frame = 1; frame < 6; frame++)
        {
            var frames = _client.Request("kernel_info_request");
            frames[frame] = [.. frames[frame]];
            frames[frame][0] ^= 1;
            Assert.Contains("not signed", Assert.Throws<MessageException>(() => _codec.Decode([1], frames)).Message);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("another key")]
    public void Decode_SignedWithAnotherKeyOrNone_IsRefused(string key) =>
        Assert.Throws<MessageException>(() => _codec.Decode([1], new ClientMessages(key).Request("kernel_info_request")));

    [Fact]
    public void Decode_SignatureInCapitalsOrCut_IsRefused()
    {
        var frames = _client.Request("kernel_info_request", header: _client.Header("kernel_info_request", "same"));
        var signature = Encoding.ASCII.GetString(frames[1]);
        foreach (var wrong in new[] { signature.ToUpperInvariant(), signature[..^1], signature + "0", "" }.Where(w => w != signature))
            Assert.Throws<MessageException>(() => _codec.Decode([1], [frames[0], Encoding.ASCII.GetBytes(wrong), .. frames[2..]]));
        // None of these was remembered as the message itself.
        Assert.Equal("same", _codec.Decode([1], frames).Header.Id);
    }

    [Fact]
    public void Decode_EmptyKey_TakesUnsignedMessages() =>
        Assert.Equal("kernel_info_request", Codec("").Decode([1], new ClientMessages("").Request("kernel_info_request")).Header.Type);

    [Fact]
    public void Decode_SameMessageAgain_IsRefused()
    {
        var frames = _client.Execute("1");
        _codec.Decode([1], frames);
        Assert.Contains("second time", Assert.Throws<MessageException>(() => _codec.Decode([2], frames)).Message);
        Assert.Contains("second time", Assert.Throws<MessageException>(() => _codec.Decode([1], [[5], .. frames])).Message);
    }

    [Fact]
    public void Decode_SameIdAtAnotherTime_IsAnotherMessage()
    {
        // Seen from jupyter_client 7.4: its manager and its client share a session and count messages each for itself.
        var header = _client.Header("shutdown_request", "same");
        _codec.Decode([1], _client.Request("execute_request", new() { ["code"] = "1" }, _client.Header("execute_request", "same")));
        header["date"] = "2026-01-02T03:04:06.000000Z";
        Assert.Equal("shutdown_request", _codec.Decode([1], _client.Request("shutdown_request", header: header)).Header.Type);
    }

    [Fact]
    public void Decode_EmptyKey_RemembersNothing()
    {
        var codec = Codec("");
        var frames = new ClientMessages("").Request("kernel_info_request");
        Assert.Equal(codec.Decode([1], frames).Header.Id, codec.Decode([1], frames).Header.Id);
    }

    [Fact]
    public void SeenMessages_RemembersTheLastOnly()
    {
        var seen = new SeenMessages(capacity: 3);
        foreach (var digit in "abc")
            Assert.True(seen.IsNew(Signature(digit)));
        Assert.False(seen.IsNew(Signature('a')));
        Assert.True(seen.IsNew(Signature('d')));
        Assert.False(seen.IsNew(Signature('b')));
        Assert.True(seen.IsNew(Signature('a')));

        static byte[] Signature(char digit) => Encoding.ASCII.GetBytes(new string(digit, 64));
    }

    public static TheoryData<string, string, string, string, string> Malformed => new()
    {
        { "{", "{}", "{}", "{}", "not JSON" },
        { "{}", "{}", "{}", "", "not JSON" },
        { "[]", "{}", "{}", "{}", "header is Array" },
        { "{\"msg_id\":\"1\",\"msg_type\":\"x\"}", "null", "{}", "{}", "parent header is Null" },
        { "{\"msg_id\":\"1\",\"msg_type\":\"x\"}", "{}", "3", "{}", "metadata is Number" },
        { "{\"msg_id\":\"1\",\"msg_type\":\"x\"}", "{}", "{}", "\"text\"", "content is String" },
        { "{\"msg_type\":\"x\"}", "{}", "{}", "{}", "no usable msg_id" },
        { "{\"msg_id\":\"1\"}", "{}", "{}", "{}", "no usable msg_type" },
        { "{\"msg_id\":1,\"msg_type\":\"x\"}", "{}", "{}", "{}", "no usable msg_id" },
        { "{\"msg_id\":\"\",\"msg_type\":\"x\"}", "{}", "{}", "{}", "no usable msg_id" },
        { "{\"msg_id\":\"\\ud800\",\"msg_type\":\"x\"}", "{}", "{}", "{}", "no usable msg_id" },
        { "{\"msg_id\":\"1\",\"msg_type\":{\"a\":1}}", "{}", "{}", "{}", "no usable msg_type" },
        { "{\"msg_id\":\"1\",\"msg_type\":\"" + new string('x', 2000) + "\"}", "{}", "{}", "{}", "no usable msg_type" },
        { "{\"msg_id\":\"1\",\"msg_type\":\"x\"}", "{}", "{}", "{\"a\":" + new string('[', 100) + new string(']', 100) + "}", "nested too deep" },
        { "{\"msg_id\":\"1\",\"msg_type\":\"x\",\"y\":\"" + new string('y', 70_000) + "\"}", "{}", "{}", "{}", "headers over" },
    };

    [Theory, MemberData(nameof(Malformed))]
    public void Decode_SignedButMalformed_IsRefused(string header, string parent, string metadata, string content, string what) =>
        Assert.Contains(what, Assert.Throws<MessageException>(() => _codec.Decode([1], _client.Signed(header, parent, metadata, content))).Message);

    [Fact]
    public void Decode_NotUtf8_IsRefused()
    {
        byte[] header = [.. Encoding.UTF8.GetBytes("{\"msg_id\":\"1\",\"msg_type\":\"x\",\"username\":\""), 0xFF, .. Encoding.UTF8.GetBytes("\"}")];
        var frames = _client.Signed([header, [.. "{}"u8], [.. "{}"u8], [.. "{}"u8]]);
        Assert.Contains("UTF-8", Assert.Throws<MessageException>(() => _codec.Decode([1], frames)).Message);
    }

    [Fact]
    public void Decode_FramesMissing_IsRefused()
    {
        var frames = _client.Request("kernel_info_request");
        for (var count = 0; count < frames.Length; count++)
            Assert.Throws<MessageException>(() => _codec.Decode([1], frames[..count]));
        Assert.Contains("no delimiter", Assert.Throws<MessageException>(() => _codec.Decode([1], [.. Enumerable.Repeat(Array.Empty<byte>(), 100), .. frames])).Message);
        Assert.NotNull(_codec.Decode([1], frames));
    }

    private static MessageCodec Codec(string key) => new(new MessageSigner(Encoding.UTF8.GetBytes(key)), new SeenMessages());
}
