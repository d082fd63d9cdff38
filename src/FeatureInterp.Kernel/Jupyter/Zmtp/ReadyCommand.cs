using System.Buffers.Binary;
using System.Text;

namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>
/// The READY command that ends a handshake with the mechanism NULL: properties, each one byte with the length of its name, the
/// name, four bytes with the length of its value, the value.
/// </summary>
/// <param name="SocketType">The property Socket-Type, as it was sent.</param>
/// <param name="Identity">The property Identity: the name by which the peer wants to be known; empty where it has none.</param>
internal sealed record ReadyCommand(string SocketType, byte[] Identity)
{
    /// <summary>Bytes in a peer's name.</summary>
    public const int MaxIdentity = 255;

    private const int LengthBytes = 4;

    /// <summary>The READY of this side.</summary>
    public static byte[] Make(ZmtpSocketType type)
    {
        var rest = new List<byte>();
        Add(rest, "Socket-Type"u8, Encoding.ASCII.GetBytes(type.WireName()));
        if (type == ZmtpSocketType.Router)
            Add(rest, "Identity"u8, []);
        return CommandCodec.Make("READY"u8, rest.ToArray());
    }

    /// <summary>Reads a peer's READY; properties without a meaning here are passed over.</summary>
    /// <param name="body">The whole command.</param>
    /// <exception cref="ZmtpProtocolException">Another command, or a broken one.</exception>
    public static ReadyCommand Read(ReadOnlySpan<byte> body)
    {
        var name = CommandCodec.Split(body, out var rest);
        if (name != "READY")
            throw new ZmtpProtocolException($"The peer's first command is {name} where READY was expected.");
        string? type = null;
        byte[]? identity = null;
        while (!rest.IsEmpty)
        {
            var property = Take(ref rest, 1, "the name of a property");
            var value = Take(ref rest, LengthBytes, "the value of a property");
            if (property.IsEmpty)
                throw new ZmtpProtocolException("A property of READY has no name.");
            if (Ascii.EqualsIgnoreCase(property, "Socket-Type"u8))
                type = type is null ? Encoding.Latin1.GetString(value) : throw new ZmtpProtocolException("READY has two socket types.");
            else if (Ascii.EqualsIgnoreCase(property, "Identity"u8))
                identity = identity is null ? value.ToArray() : throw new ZmtpProtocolException("READY has two identities.");
        }

        if (type is null)
            throw new ZmtpProtocolException("READY does not say the peer's socket type.");
        if (identity is { Length: > MaxIdentity })
            throw new ZmtpProtocolException($"The peer's identity has {identity.Length} bytes, where {MaxIdentity} are allowed.");
        if (identity is [0, ..])
            throw new ZmtpProtocolException("The peer's identity begins with a zero, which is kept for names that a router gives.");
        return new ReadyCommand(type, identity ?? []);
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int lengthBytes, string what)
    {
        if (rest.Length < lengthBytes)
            throw new ZmtpProtocolException($"READY ends within the length of {what}.");
        var length = lengthBytes == 1 ? rest[0] : BinaryPrimitives.ReadUInt32BigEndian(rest);
        if (length > rest.Length - lengthBytes)
            throw new ZmtpProtocolException($"READY has {rest.Length - lengthBytes} bytes left where {what} has {length}.");
        var taken = rest.Slice(lengthBytes, (int)length);
        rest = rest[(lengthBytes + (int)length)..];
        return taken;
    }

    private static void Add(List<byte> rest, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Span<byte> length = stackalloc byte[LengthBytes];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        rest.AddRange([(byte)name.Length, .. name, .. length, .. value]);
    }
}
