using FeatureInterp.Kernel.Jupyter.Zmtp;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>Any bytes at all, and any sound conversation with a fault in it, leave a socket that serves the next client.</summary>
public sealed class ZmtpPropertyTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(40).WithReplay(23, 29);

    public static TheoryData<string> Types => [nameof(ZmtpSocketType.Router), nameof(ZmtpSocketType.Publisher), nameof(ZmtpSocketType.Reply)];

    [Theory, MemberData(nameof(Types))]
    public Task AnyBytes_AfterAnyPartOfAHandshake(string name)
    {
        var conversation = ZmtpConversation.For(Enum.Parse<ZmtpSocketType>(name));
        var sound = Gen.Elements(0, 0, 10, 64, conversation.Length);
        return CheckAsync(name, sound.SelectMany(length => Gen.ArrayOf(Gen.Choose(0, 255)).Select(b => (byte[])[.. conversation[..length], .. b.Select(x => (byte)x)])));
    }

    [Theory, MemberData(nameof(Types))]
    public Task Conversation_WithBitsFlipped(string name)
    {
        var conversation = ZmtpConversation.For(Enum.Parse<ZmtpSocketType>(name));
        return CheckAsync(name, Gen.NonEmptyListOf(Gen.Choose(0, (conversation.Length * 8) - 1)).Select(bits =>
        {
            var bytes = (byte[])conversation.Clone();
            foreach (var bit in bits)
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            return bytes;
        }));
    }

    [Theory, MemberData(nameof(Types))]
    public Task Conversation_CutOrRepeated(string name)
    {
        var conversation = ZmtpConversation.For(Enum.Parse<ZmtpSocketType>(name));
        return CheckAsync(name, Gen.Choose(0, 2).SelectMany(kind => Gen.Choose(0, conversation.Length).Two().Select(range =>
        {
            var (from, to) = (Math.Min(range.Item1, range.Item2), Math.Max(range.Item1, range.Item2));
            return kind switch
            {
                0 => conversation[..to],
                1 => [.. conversation[..from], .. conversation[to..]],
                _ => (byte[])[.. conversation[..to], .. conversation[from..]],
            };
        })));
    }

    // Many strangers, all at once, at one socket: a good client is served beside them and after them.
    private static async Task CheckAsync(string name, Gen<byte[]> generator)
    {
        var type = Enum.Parse<ZmtpSocketType>(name);
        var spoilt = new List<byte[]>();
        Prop.ForAll(generator.ToArbitrary(), spoilt.Add).Check(Many);
        await using var socket = ZmtpSocket.Bind(type, TestSockets.AnyPort, TestSockets.Strict);
        await using var echo = ZmtpEcho.At(socket, type);
        var strangers = Task.WhenAll(spoilt.Select(bytes => TestSockets.InsultAsync(socket, bytes)));
        await TestSockets.AssertEchoesAsync(socket, type);
        await strangers;
        await TestSockets.AssertEchoesAsync(socket, type);
        await TestSockets.UntilAsync(() => socket.Connected == 0);
    }
}
