using System.Diagnostics.CodeAnalysis;

namespace FeatureInterp.Kernel.Jupyter.Zmtp;

/// <summary>Byte strings are equal when their bytes are.</summary>
internal sealed class BytesComparer : IEqualityComparer<byte[]>
{
    /// <summary>The one there is.</summary>
    public static BytesComparer Instance { get; } = new();

    /// <inheritdoc/>
    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    /// <inheritdoc/>
    public int GetHashCode([DisallowNull] byte[] obj)
    {
        var hash = new HashCode();
        hash.AddBytes(obj);
        return hash.ToHashCode();
    }
}
