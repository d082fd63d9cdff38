using System.Globalization;

namespace FeatureInterp.Models;

/// <summary>Numbers of bytes as people read them.</summary>
public static class ByteSize
{
    /// <summary>A number of bytes in decimal units: <c>512 bytes</c>, <c>1.5 kB</c>, <c>13.1 MB</c>, <c>4.98 GB</c>.</summary>
    /// <param name="bytes">The number, at least 0.</param>
    public static string Text(long bytes) => bytes switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
        < 999_950 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#} kB"),
        < 999_950_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.##} GB"),
    };
}
