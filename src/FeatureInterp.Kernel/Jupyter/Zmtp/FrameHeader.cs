using System.Buffers.Binary;

namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>The first byte of a frame.</summary>
[Flags]
internal enum FrameFlags : byte
{
    /// <summary>The last frame of a message.</summary>
    None = 0,

    /// <summary>Another frame of the same message follows.</summary>
    More = 1,

    /// <summary>The length takes eight bytes instead of one.</summary>
    Long = 2,

    /// <summary>Not part of a message, but a command to the peer.</summary>
    Command = 4,
}

/// <summary>What stands before a frame's bytes: flags, and the length in one byte, or in eight with the first one first.</summary>
/// <param name="Flags">More or Command or neither; Long where the length was or must be written so.</param>
/// <param name="Length">Bytes that follow the header.</param>
internal readonly record struct FrameHeader(FrameFlags Flags, long Length)
{
    /// <summary>Bytes of the longest header.</summary>
    public const int MaxSize = 9;

    private const FrameFlags Known = FrameFlags.More | FrameFlags.Long | FrameFlags.Command;

    /// <summary>Reads a header if all of it has come.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="header">The header.</param>
    /// <param name="size">Bytes that it took.</param>
    /// <exception cref="ZmtpProtocolException">Flags that do not exist or exclude one another, or a negative length.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out FrameHeader header, out int size)
    {
        (header, size) = (default, 0);
        if (bytes.IsEmpty)
            return false;
        var flags = (FrameFlags)bytes[0];
        if ((flags & ~Known) != FrameFlags.None)
            throw new ZmtpProtocolException($"A frame's flags are 0x{bytes[0]:X2}, of which only the lowest three bits have a meaning.");
        if (flags.HasFlag(FrameFlags.Command | FrameFlags.More))
            throw new ZmtpProtocolException("A command says that another frame follows, where commands are one frame.");
        var needed = flags.HasFlag(FrameFlags.Long) ? MaxSize : 2;
        if (bytes.Length < needed)
            return false;
        var length = needed == 2 ? bytes[1] : BinaryPrimitives.ReadInt64BigEndian(bytes[1..]);
        if (length < 0)
            throw new ZmtpProtocolException($"A frame's length is {length}.");
        (header, size) = (new FrameHeader(flags, length), needed);
        return true;
    }

    /// <summary>Writes a header in its shortest form.</summary>
    /// <param name="destination">Room for at least <see cref="MaxSize"/> bytes.</param>
    /// <param name="flags">More or Command or neither; Long is set where the length needs it.</param>
    /// <param name="length">Bytes that follow.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> destination, FrameFlags flags, int length)
    {
        if (length <= byte.MaxValue)
        {
            destination[0] = (byte)flags;
            destination[1] = (byte)length;
            return 2;
        }

        destination[0] = (byte)(flags | FrameFlags.Long);
        BinaryPrimitives.WriteInt64BigEndian(destination[1..], length);
        return MaxSize;
    }
}
