using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FeatureInterp.Models;

/// <summary>
/// What the hub calls a file's content: the sha256 of a large file (64 digits), or git's hash of a small one (40 digits), the sha1 of <c>blob LENGTH\0</c> and the
/// content. Another ETag says nothing of the content, and only the length can be checked.
/// </summary>
internal sealed class BlobHash : IDisposable
{
    private readonly string _wanted;
    private readonly IncrementalHash? _hash;

    /// <summary>Starts a check.</summary>
    /// <param name="etag">The hub's name for the content.</param>
    /// <param name="length">Its length in bytes.</param>
    public BlobHash(string etag, long length)
    {
        _wanted = etag;
        if (IsHex(etag, 64))
        {
            _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        }
        else if (IsHex(etag, 40))
        {
            _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);  // Git's choice, not ours.
            _hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {length}\0")));
        }
    }

    /// <summary>Whether the content can be checked at all.</summary>
    public bool CanCheck => _hash is not null;

    /// <summary>Takes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => _hash?.AppendData(bytes);

    /// <summary>Whether the bytes taken are the content; true when it cannot be checked.</summary>
    public bool Matches() => _hash is null || Convert.ToHexStringLower(_hash.GetCurrentHash()) == _wanted;

    /// <inheritdoc/>
    public void Dispose() => _hash?.Dispose();

    private static bool IsHex(string text, int digits) => text.Length == digits && text.All(c => c is >= '0' and <= '9' or >= 'a' and <= 'f');
}
