using System.Text;
using FeatureInterp.Kernel.Jupyter.Zmtp;

namespace FeatureInterp.Tests.Kernel.Jupyter.Zmtp;

/// <summary>The bytes on the wire, one piece at a time, against the bytes that the protocol's text gives.</summary>
public sealed class ZmtpCodecTests
{
    [Fact]
    public void Greeting_IsTheProtocols()
    {
        var expected = Convert.FromHexString("FF00000000000000007F0300" + "4E554C4C" + new string('0', 2 * (16 + 1 + 31)));
        Assert.Equal(expected, Greeting.Ours());
    }

    [Fact]
    public void Greeting_IsCompleteWithItsLastByte()
    {
        var greeting = ZmtpTestClient.Greeting();
        for (var have = 0; have < 64; have++)
            Assert.False(Greeting.IsComplete(greeting.AsSpan(0, have)));
        Assert.True(Greeting.IsComplete(greeting));
        Assert.True(Greeting.IsComplete([.. greeting, 1, 2, 3]));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(9, 0x7E)]
    [InlineData(10, 2)]
    [InlineData(10, 0)]
    public void Greeting_WrongByte_IsRefusedAsSoonAsItIsThere(int at, byte value)
    {
        var greeting = ZmtpTestClient.Greeting();
        greeting[at] = value;
        Assert.False(Greeting.IsComplete(greeting.AsSpan(0, at)));
        Assert.Throws<ZmtpProtocolException>(() => Greeting.IsComplete(greeting.AsSpan(0, at + 1)));
    }

    [Fact]
    public void Greeting_PaddingMinorAndFiller_MayBeAnything()
    {
        var greeting = ZmtpTestClient.Greeting(major: 4);
        foreach (var at in new[] { 1, 8, 11, 32, 40, 63 })
            greeting[at] = 0xA5;
        Assert.True(Greeting.IsComplete(greeting));
    }

    [Theory]
    [InlineData(0, "0100")]
    [InlineData(255, "01FF")]
    [InlineData(256, "030000000000000100")]
    [InlineData(65_536, "030000000000010000")]
    [InlineData(int.MaxValue, "03000000007FFFFFFF")]
    public void FrameHeader_IsTheProtocols_AndReadsBack(int length, string hex)
    {
        var bytes = new byte[FrameHeader.MaxSize];
        var size = FrameHeader.Write(bytes, FrameFlags.More, length);
        Assert.Equal(hex, Convert.ToHexString(bytes, 0, size));
        for (var have = 0; have < size; have++)
            Assert.False(FrameHeader.TryRead(bytes.AsSpan(0, have), out _, out _));
        Assert.True(FrameHeader.TryRead([.. bytes[..size], 9, 9], out var header, out var taken));
        Assert.Equal((size, (long)length), (taken, header.Length));
        Assert.True(header.Flags.HasFlag(FrameFlags.More));
    }

    [Fact]
    public void FrameHeader_LongFormOfAShortFrame_IsRead()
    {
        Assert.True(FrameHeader.TryRead(Convert.FromHexString("020000000000000003"), out var header, out var size));
        Assert.Equal((9, 3L), (size, header.Length));
    }

    [Fact]
    public void FrameHeader_EveryFirstByte_IsReadOrRefused()
    {
        for (var flags = 0; flags < 256; flags++)
        {
            byte[] bytes = [(byte)flags, 0, 0, 0, 0, 0, 0, 0, 0];
            if (flags is 0 or 1 or 2 or 3 or 4 or 6)
                Assert.True(FrameHeader.TryRead(bytes, out _, out _));
            else
                Assert.Throws<ZmtpProtocolException>(() => FrameHeader.TryRead(bytes, out _, out _));
        }
    }

    [Fact]
    public void Ready_IsTheProtocols()
    {
        Assert.Equal("\u0005READY\u000bSocket-Type\0\0\0\u0006ROUTER\u0008Identity\0\0\0\0", Encoding.ASCII.GetString(ReadyCommand.Make(ZmtpSocketType.Router)));
        Assert.Equal("\u0005READY\u000bSocket-Type\0\0\0\u0003PUB", Encoding.ASCII.GetString(ReadyCommand.Make(ZmtpSocketType.Publisher)));
        Assert.Equal("\u0005READY\u000bSocket-Type\0\0\0\u0003REP", Encoding.ASCII.GetString(ReadyCommand.Make(ZmtpSocketType.Reply)));
    }

    [Fact]
    public void Ready_NamesInAnyCase_OthersPassedOver()
    {
        byte[] body = [.. "\u0005READY"u8, .. ZmtpTestClient.Property("X-Resource", new byte[300]), .. ZmtpTestClient.Property("SOCKET-TYPE", "REQ"u8.ToArray()), .. ZmtpTestClient.Property("identity", [5, 0, 5])];
        var ready = ReadyCommand.Read(body);
        Assert.Equal("REQ", ready.SocketType);
        Assert.Equal([5, 0, 5], ready.Identity);
    }

    [Fact]
    public void Ready_CutAnywhere_IsRefused()
    {
        byte[] body = [.. "\u0005READY"u8, .. ZmtpTestClient.Property("Identity", [5, 0, 5]), .. ZmtpTestClient.Property("Socket-Type", "REQ"u8.ToArray())];
        Assert.Equal("REQ", ReadyCommand.Read(body).SocketType);
        for (var length = 0; length < body.Length; length++)
            Assert.Throws<ZmtpProtocolException>(() => ReadyCommand.Read(body.AsSpan(0, length)));
    }

    [Theory, InlineData("REQ", "ROUTER,REP"), InlineData("ROUTER", "ROUTER"), InlineData("SUB", "PUB"), InlineData("XSUB", "PUB"), InlineData("DEALER", "ROUTER,REP")]
    [InlineData("PUB", ""), InlineData("REP", ""), InlineData("PAIR", ""), InlineData("PUSH", ""), InlineData("", "")]
    public void Partners_AreThoseOfTheProtocol(string peer, string sockets)
    {
        var talking = Enum.GetValues<ZmtpSocketType>().Where(t => t.Partners().Contains(peer)).Select(t => t.WireName()).Order();
        Assert.Equal(sockets.Split(',', StringSplitOptions.RemoveEmptyEntries).Order(), talking);
    }
}
