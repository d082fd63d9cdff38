using System.Security.Cryptography;
using System.Text;

namespace FeatureInterp.Kernel.Jupyter;

/// <summary>
/// Signatures as the messaging protocol defines them: the HMAC-SHA256 of header, parent header, metadata and content (each the
/// bytes sent, one after another), in lower-case hexadecimal. With an empty key nothing is signed and nothing is checked.
/// </summary>
/// <param name="key">The connection file's key.</param>
internal sealed class MessageSigner(byte[] key)
{
    /// <summary>Whether messages are signed.</summary>
    public bool Signs => key.Length > 0;

    /// <summary>The signature of these four frames.</summary>
    public byte[] Sign(ReadOnlySpan<byte[]> frames)
    {
        if (!Signs)
            return [];
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        foreach (var frame in frames)
            hash.AppendData(frame);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Whether <paramref name="signature"/> is that of the frames, in a time that does not tell how much of it was right.</summary>
    public bool Verify(ReadOnlySpan<byte[]> frames, ReadOnlySpan<byte> signature) =>
        !Signs || CryptographicOperations.FixedTimeEquals(Sign(frames), signature);
}
