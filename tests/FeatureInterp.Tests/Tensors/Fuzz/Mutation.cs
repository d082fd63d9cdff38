using System.Buffers.Binary;

namespace FeatureInterp.Tests.Tensors.Fuzz;

/// <summary>Ways to spoil a file, chosen at random: bits flipped, bytes replaced, the end cut off, pieces taken out, doubled or
/// moved, numbers of every width set to extremes.</summary>
internal static class Mutation
{
    private static readonly ulong[] Extremes =
    [
        0, 1, 2, 7, 8, 31, 32, 33, 127, 128, 255, 256, 32_767, 65_535, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32, 1UL << 40,
        1UL << 61, (1UL << 62) + 1, long.MaxValue - 7, long.MaxValue, 1UL << 63, ulong.MaxValue - 31, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    /// <summary>The file with one to four faults.</summary>
    public static byte[] Apply(byte[] sound, Random random)
    {
        var bytes = (byte[])sound.Clone();
        for (var faults = random.Next(1, 5); faults > 0 && bytes.Length > 0; faults--)
            bytes = Once(bytes, random);
        return bytes;
    }

    private static byte[] Once(byte[] bytes, Random random)
    {
        // Half of all faults fall on the first part, where formats say what there is.
        var at = random.Next(random.Next(2) == 0 ? bytes.Length : Math.Min(bytes.Length, 200));
        switch (random.Next(8))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2:
                return bytes[..at];
            case 3:
                return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 64))..]];
            case 4:
                var piece = bytes[at..Math.Min(bytes.Length, at + random.Next(1, 64))];
                var to = random.Next(bytes.Length);
                return [.. bytes[..to], .. piece, .. bytes[to..]];
            case 5:
                random.NextBytes(bytes.AsSpan(at, Math.Min(bytes.Length - at, random.Next(1, 17))));
                return bytes;
            case 6:
                Write(bytes, at, Extremes[random.Next(Extremes.Length)], 1 << random.Next(4));
                return bytes;
            default:
                // A number that stands there, a little off.
                var width = 1 << random.Next(4);
                Write(bytes, at, Read(bytes, at, width) + (ulong)random.Next(-9, 10), width);
                return bytes;
        }
    }

    private static ulong Read(byte[] bytes, int at, int width)
    {
        Span<byte> number = stackalloc byte[8];
        bytes.AsSpan(at, Math.Min(width, bytes.Length - at)).CopyTo(number);
        return BinaryPrimitives.ReadUInt64LittleEndian(number);
    }

    private static void Write(byte[] bytes, int at, ulong value, int width)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(number, value);
        number[..Math.Min(width, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
    }
}
