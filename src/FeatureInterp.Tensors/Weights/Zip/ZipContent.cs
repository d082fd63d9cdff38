namespace FeatureInterp.Tensors;

/// <summary>The content of a member, in the mapped file or in memory of our own.</summary>
/// <param name="pointer">The first byte, valid while <paramref name="owner"/> is reachable.</param>
/// <param name="length">How many bytes.</param>
/// <param name="owner">Keeps the memory.</param>
internal readonly unsafe struct ZipContent(byte* pointer, long length, object owner)
{
    public byte* Pointer => pointer;

    public long Length => length;

    public object Owner => owner;

    /// <summary>The first bytes, at most so many.</summary>
    public ReadOnlySpan<byte> Head(int count) => new(pointer, (int)Math.Min(count, length));
}
