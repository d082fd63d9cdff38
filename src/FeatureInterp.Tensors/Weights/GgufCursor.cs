using System.Buffers.Binary;
using System.Text;

namespace FeatureInterp.Tensors;

/// <summary>
/// A place in a mapped GGUF file that moves on as it is read. Nothing is read beyond the end: a number, a text or a list that
/// claims to reach further is a <see cref="WeightFileException"/> that names what it is.
/// </summary>
internal unsafe struct GgufCursor(MappedFile file, long at)
{
    /// <summary>How deep lists may lie in lists.</summary>
    private const int MaxDepth = 8;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The byte that is read next.</summary>
    public long At { get; private set; } = at;

    /// <summary>The file.</summary>
    public readonly MappedFile File => file;

    /// <summary>The number of bytes that are left.</summary>
    public readonly long Left => file.Length - At;

    public byte ReadByte(string what) => Take(1, what)[0];

    public uint ReadUInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, what));

    public ulong ReadUInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, what));

    /// <summary>A number of things of which each takes at least <paramref name="least"/> bytes of what is left.</summary>
    public long ReadCount(long least, string what)
    {
        var count = ReadUInt64(what);
        return count <= (ulong)(Left / least) && count <= int.MaxValue
            ? (long)count
            : throw Fault($"{what} is {count}, more than the {Left} bytes that follow can hold");
    }

    /// <summary>A text; <paramref name="longest"/> bounds its bytes.</summary>
    public string ReadString(long longest, string what)
    {
        var bytes = ReadStringBytes(longest, what);
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new WeightFileException(file.Path, $"{what} is not UTF-8 ({e.Message}); the file is damaged, fetch it again.", e);
        }
    }

    /// <summary>The value type that comes next.</summary>
    public GgufType ReadType(string what)
    {
        var type = ReadUInt32(what);
        return type <= (uint)GgufType.Float64 ? (GgufType)type : throw Fault($"{what} has the type {type}, and the format knows 0 to 12");
    }

    /// <summary>The fixed-size bytes of a number or truth value.</summary>
    public ReadOnlySpan<byte> ReadScalar(GgufType type, string what) => Take(SizeOf(type), what);

    /// <summary>Moves past a value, checking every length on the way.</summary>
    public void Skip(GgufType type, string what, int depth = 0)
    {
        if (type == GgufType.String)
        {
            ReadStringBytes(int.MaxValue, what);
        }
        else if (type == GgufType.Array)
        {
            if (depth == MaxDepth)
                throw Fault($"{what} holds lists in lists more than {MaxDepth} deep");
            var element = ReadType(what);
            var count = ReadCount(LeastBytes(element), $"the length of {what}");
            if (element is GgufType.String or GgufType.Array)
            {
                for (long i = 0; i < count; i++)
                    Skip(element, what, depth + 1);
            }
            else
            {
                At += count * SizeOf(element); // within what is left, as ReadCount has seen to
            }
        }
        else
        {
            Take(SizeOf(type), what);
        }
    }

    /// <summary>The exception for a file that breaks the format.</summary>
    public readonly WeightFileException Fault(string what) => new(file.Path, what + "; the file is damaged or of another kind, fetch it again.");

    /// <summary>A name from the file in the form messages quote it: never longer than a line.</summary>
    public static string Quote(string name) => name.Length <= 80 ? $"'{name}'" : $"'{name[..76]}…'";

    private static int SizeOf(GgufType type) => type switch
    {
        GgufType.UInt8 or GgufType.Int8 or GgufType.Bool => 1,
        GgufType.UInt16 or GgufType.Int16 => 2,
        GgufType.UInt32 or GgufType.Int32 or GgufType.Float32 => 4,
        GgufType.UInt64 or GgufType.Int64 or GgufType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type of fixed size."),
    };

    // A text has a length in front, a list a type and a length.
    private static int LeastBytes(GgufType type) => type switch
    {
        GgufType.String => 8,
        GgufType.Array => 12,
        _ => SizeOf(type),
    };

    private ReadOnlySpan<byte> ReadStringBytes(long longest, string what)
    {
        var length = ReadUInt64(what);
        if (length > (ulong)Left)
            throw Fault($"{what} claims {length} bytes of text but only {Left} follow");
        return length <= (ulong)longest
            ? Take((int)length, what)
            : throw Fault($"{what} claims {length} bytes of text, and {longest} are the most that make sense");
    }

    private ReadOnlySpan<byte> Take(int bytes, string what)
    {
        if (bytes > Left)
            throw new WeightFileException(file.Path, $"{what} was due at byte {At}, where the file ends; it was probably cut short, fetch it again.");
        var span = new ReadOnlySpan<byte>(file.Pointer + At, bytes);
        At += bytes;
        return span;
    }
}
