using System.Text;

namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>
/// The first 64 bytes either side sends (ZMTP 3.0, "23/ZMTP"): FF, eight bytes of padding, 7F; version, major and minor; the
/// mechanism's name, padded with zeros to 20 bytes; whether the sender is the mechanism's server; 31 zeros.
/// </summary>
internal static class Greeting
{
    /// <summary>Bytes in a greeting.</summary>
    public const int Length = 64;

    private const int SignatureEnd = 9, Major = 10, Mechanism = 12, MechanismEnd = 32;

    // Minor version 0: peers then subscribe with plain messages, which every client can.
    private static ReadOnlySpan<byte> Null => "NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"u8;

    /// <summary>The greeting of this side.</summary>
    public static byte[] Ours()
    {
        var greeting = new byte[Length];
        greeting[0] = 0xFF;
        greeting[SignatureEnd] = 0x7F;
        greeting[Major] = 3;
        Null.CopyTo(greeting.AsSpan(Mechanism));
        return greeting;
    }

    /// <summary>Whether a peer's greeting is complete, judged by as many of its bytes as have come.</summary>
    /// <exception cref="ZmtpProtocolException">What has come begins no greeting of ZMTP 3 with the mechanism NULL.</exception>
    public static bool IsComplete(ReadOnlySpan<byte> soFar)
    {
        if (soFar.Length > 0 && soFar[0] != 0xFF)
            throw new ZmtpProtocolException($"The first byte of the greeting is 0x{soFar[0]:X2} instead of 0xFF: the peer speaks ZMTP 1 or another protocol.");
        if (soFar.Length > SignatureEnd && soFar[SignatureEnd] != 0x7F)
            throw new ZmtpProtocolException($"The signature of the greeting ends with 0x{soFar[SignatureEnd]:X2} instead of 0x7F.");
        if (soFar.Length > Major && soFar[Major] < 3)
            throw new ZmtpProtocolException($"The peer speaks ZMTP {soFar[Major]}.x where 3 is the oldest that is understood.");
        if (soFar.Length >= MechanismEnd && !soFar[Mechanism..MechanismEnd].SequenceEqual(Null))
            throw new ZmtpProtocolException($"The peer wants the mechanism '{Readable(soFar[Mechanism..MechanismEnd])}' where NULL is the only one there is.");
        return soFar.Length >= Length;
    }

    private static string Readable(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder();
        foreach (var letter in name.TrimEnd((byte)0))
            text.Append(letter is >= 0x20 and < 0x7F ? (char)letter : '?');
        return text.ToString();
    }
}
