namespace FeatureInterp.Tensors;

/// <summary>One member of a zip file, as the directory at the file's end describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Method">How it is stored: <see cref="Stored"/> or <see cref="Deflated"/>.</param>
/// <param name="Flags">The general purpose bits.</param>
/// <param name="Crc">The checksum of its content.</param>
/// <param name="CompressedSize">Its bytes in the file.</param>
/// <param name="Size">The bytes of its content.</param>
/// <param name="HeaderOffset">Where its local header begins.</param>
internal sealed record ZipMember(string Name, int Method, int Flags, uint Crc, long CompressedSize, long Size, long HeaderOffset)
{
    /// <summary>The content lies in the file as it is.</summary>
    public const int Stored = 0;

    /// <summary>The content is compressed by RFC 1951.</summary>
    public const int Deflated = 8;

    /// <summary>A copy of checksum and sizes follows the content; the local header need not know them.</summary>
    public const int HasDescriptor = 1 << 3;

    // Encrypted, compressed as a patch, strongly encrypted, its header masked.
    private const int Unreadable = 1 | (1 << 5) | (1 << 6) | (1 << 13);

    /// <summary>The bits that decide how the content is read: local header and directory must agree on them.</summary>
    public const int DecisiveFlags = Unreadable | HasDescriptor;

    /// <summary>Where the content begins, once the local header is checked.</summary>
    public long DataOffset { get; init; }

    /// <summary>True when nothing here could undo what was done to the content.</summary>
    public bool IsEncrypted => (Flags & Unreadable) != 0;
}
