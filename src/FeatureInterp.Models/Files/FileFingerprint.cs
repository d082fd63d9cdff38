using System.Globalization;
using System.Security.Cryptography;

namespace FeatureInterp.Models;

/// <summary>A file's identity for provenance.</summary>
public static class FileFingerprint
{
    /// <summary>The largest file that is hashed whole, in bytes.</summary>
    public const long WholeLimit = 1L << 30;

    private const int SampleBytes = 1 << 16;
    private const int Samples = 1024;

    /// <summary>
    /// <c>sha256:…</c> of the whole file up to <see cref="WholeLimit"/>; of a larger one <c>sha256-sampled:…</c>, the hash of its
    /// length and 1,024 evenly spaced blocks of 64 KiB, first and last included, so that a checkpoint of many gigabytes does not have to be read.
    /// </summary>
    /// <param name="path">The file.</param>
    public static string Of(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20);
        if (file.Length <= WholeLimit)
            return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(file));

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.ASCII.GetBytes(file.Length.ToString(CultureInfo.InvariantCulture)));
        var block = new byte[SampleBytes];
        for (var i = 0; i < Samples; i++)
        {
            file.Position = (long)((file.Length - SampleBytes) * (decimal)i / (Samples - 1));
            file.ReadExactly(block);
            hash.AppendData(block);
        }

        return "sha256-sampled:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The fingerprint of several files: of one file its own, of more <c>sha256:…</c> of their fingerprints in the order of their names.</summary>
    /// <param name="paths">The files.</param>
    public static string Of(IReadOnlyList<string> paths)
    {
        if (paths is [var only])
            return Of(only);
        var all = string.Join('\n', paths.OrderBy(Path.GetFileName, StringComparer.Ordinal).Select(p => Path.GetFileName(p) + " " + Of(p)));
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(all)));
    }
}
