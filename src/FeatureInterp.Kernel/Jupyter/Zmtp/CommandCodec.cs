using System.Text;

namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>Commands: one byte with the length of the name, the name, and the rest by name.</summary>
internal static class CommandCodec
{
    /// <summary>Bytes in a command that is received: all that are known fit many times over.</summary>
    public const int MaxBytes = 1 << 16;

    private const int PingTimeToLive = 2, MaxPingContext = 16;

    /// <summary>Divides a command into its name and the rest.</summary>
    /// <exception cref="ZmtpProtocolException">The name is empty, cut off, or has characters that names do not have.</exception>
    public static string Split(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> rest)
    {
        if (body.IsEmpty || body[0] == 0 || body[0] > body.Length - 1)
            throw new ZmtpProtocolException($"A command of {body.Length} bytes does not have the name that it begins with.");
        var name = body[1..(1 + body[0])];
        foreach (var letter in name)
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter is not ((byte)'-' or (byte)'_' or (byte)'.' or (byte)'+'))
                throw new ZmtpProtocolException($"A command's name has the byte 0x{letter:X2}, where only letters, digits and -_.+ may stand.");
        rest = body[(1 + name.Length)..];
        return Encoding.ASCII.GetString(name);
    }

    /// <summary>A command of this name.</summary>
    public static byte[] Make(ReadOnlySpan<byte> name, ReadOnlySpan<byte> rest) => [(byte)name.Length, .. name, .. rest];

    /// <summary>The PONG that answers a PING: the PING's context comes back, its time to live does not.</summary>
    /// <param name="ping">What follows the PING's name: time to live in tenths of a second, two bytes; up to 16 bytes of context.</param>
    /// <exception cref="ZmtpProtocolException">Too short or too long.</exception>
    public static byte[] Pong(ReadOnlySpan<byte> ping)
    {
        if (ping.Length is < PingTimeToLive or > PingTimeToLive + MaxPingContext)
            throw new ZmtpProtocolException($"A PING has {ping.Length} bytes after its name, where {PingTimeToLive} to {PingTimeToLive + MaxPingContext} are allowed.");
        return Make("PONG"u8, ping[PingTimeToLive..]);
    }
}
