using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// The kernel's picture in a front end's launcher: eight features, three of them active. Described once as rectangles on a square of
/// 64 units, drawn as SVG and, pixel by pixel, as PNG.
/// </summary>
internal static class KernelLogo
{
    private const int Units = 64;
    private const int Samples = 4; // a side of the grid each pixel is averaged over
    private const int Background = 0x4B2E83;

    private static readonly (int X, int Y, int Width, int Height, int Color)[] Bars =
    [
        (9, 47, 4, 6, 0x9B86C4), (15, 20, 4, 33, 0xFFB547), (21, 47, 4, 6, 0x9B86C4), (27, 47, 4, 6, 0x9B86C4),
        (33, 11, 4, 42, 0xFFB547), (39, 47, 4, 6, 0x9B86C4), (45, 32, 4, 21, 0xFFB547), (51, 47, 4, 6, 0x9B86C4),
    ];

    /// <summary>The picture as an SVG file.</summary>
    public static byte[] Svg()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Units} {Units}\">");
        text.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Units}\" height=\"{Units}\" fill=\"#{Background:x6}\"/>");
        foreach (var (x, y, width, height, color) in Bars)
            text.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"#{color:x6}\"/>");
        return Encoding.UTF8.GetBytes(text.Append("</svg>\n").ToString());
    }

    /// <summary>The picture as a PNG file (ISO/IEC 15948) of 8-bit RGB.</summary>
    /// <param name="size">Pixels a side.</param>
    public static byte[] Png(int size)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, size);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), size);
        (header[8], header[9]) = (8, 2); // bits a channel; red, green, blue
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "IDAT"u8, Compressed(size));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Compressed(int size)
    {
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Optimal))
        {
            for (var y = 0; y < size; y++)
            {
                zlib.WriteByte(0); // the row is not filtered
                for (var x = 0; x < size; x++)
                    zlib.Write(Pixel(x, y, size));
            }
        }

        return data.ToArray();
    }

    private static byte[] Pixel(int x, int y, int size)
    {
        int red = 0, green = 0, blue = 0;
        for (var sample = 0; sample < Samples * Samples; sample++)
        {
            var color = At((x + (sample % Samples + 0.5) / Samples) * Units / size, (y + (sample / Samples + 0.5) / Samples) * Units / size);
            (red, green, blue) = (red + (color >> 16), green + (color >> 8 & 0xFF), blue + (color & 0xFF));
        }

        const int count = Samples * Samples;
        return [(byte)(red / count), (byte)(green / count), (byte)(blue / count)];
    }

    private static int At(double x, double y)
    {
        foreach (var bar in Bars)
        {
            if (x >= bar.X && x < bar.X + bar.Width && y >= bar.Y && y < bar.Y + bar.Height)
                return bar.Color;
        }

        return Background;
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32([.. type, .. data]));
        file.Write(number);
    }

    // CRC-32 as PNG's annex D defines it, bit by bit: the pictures are small.
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }

        return ~crc;
    }
}
