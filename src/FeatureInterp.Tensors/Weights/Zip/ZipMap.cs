using System.IO.Compression;

namespace FeatureInterp.Tensors;

/// <summary>
/// A zip file, mapped: stored members are read where they lie, deflated ones are inflated into memory of our own. The checksum of
/// an inflated member is compared at once; that of a mapped one by <see cref="Check"/> only, as it would fetch the whole file.
/// </summary>
internal sealed unsafe class ZipMap
{
    /// <summary>The most bytes that are inflated from one file.</summary>
    public const long MaxInflatedBytes = 32L << 30;

    // A deflated byte stands for 1032 at most: one bit for a length of 258 and one for its distance.
    private const long MaxExpansion = 1032;

    private readonly MappedFile _map;
    private readonly Dictionary<string, ZipMember> _members = new(StringComparer.Ordinal);
    private long _inflated;

    public ZipMap(MappedFile map)
    {
        _map = map;
        Members = ZipDirectory.Read(new ZipBytes(map));
        foreach (var member in Members)
            _members.Add(member.Name, member);
    }

    public string Path => _map.Path;

    public long Length => _map.Length;

    /// <summary>Every member, in the directory's order.</summary>
    public IReadOnlyList<ZipMember> Members { get; }

    public ZipMember? TryFind(string name) => _members.GetValueOrDefault(name);

    /// <summary>The content of a member: mapped, or inflated and its checksum compared.</summary>
    public ZipContent Read(ZipMember member)
    {
        if (member.Method == ZipMember.Stored)
            return new ZipContent(_map.Pointer + member.DataOffset, member.Size, _map);
        var content = Inflate(member);
        Compare(member, content);
        return content;
    }

    /// <summary>Reads a stored member to its end and compares its checksum; a deflated one was compared when it was inflated.</summary>
    /// <exception cref="WeightFileException">The content is not what was written.</exception>
    public void Check(ZipMember member)
    {
        // Zero stands for none: PyTorch writes it when it is told not to compute checksums.
        if (member.Method == ZipMember.Stored && member.Crc != 0)
            Compare(member, Read(member));
    }

    private void Compare(ZipMember member, ZipContent content)
    {
        var crc = Crc32.Of(content.Pointer, content.Length);
        GC.KeepAlive(content.Owner);
        if (crc != member.Crc)
            throw Fault($"the member '{member.Name}' has the checksum {crc:x8} where {member.Crc:x8} was written");
    }

    private ZipContent Inflate(ZipMember member)
    {
        if (member.Size / MaxExpansion > member.CompressedSize)
            throw Fault($"the member '{member.Name}' claims {member.Size} bytes out of {member.CompressedSize}, more than deflating can save");
        if (member.Size > MaxInflatedBytes - _inflated)
            throw new WeightFileException(Path, $"the compressed members take more than {MaxInflatedBytes} bytes of memory; save the file uncompressed, it is then mapped.");
        _inflated += member.Size;

        var bytes = OwnedBytes.Allocate(Path, member.Name, member.Size);
        using var packed = new UnmanagedMemoryStream(_map.Pointer + member.DataOffset, member.CompressedSize);
        using var stream = new DeflateStream(packed, CompressionMode.Decompress);
        try
        {
            long filled = 0;
            while (filled < member.Size)
            {
                var read = stream.Read(new Span<byte>(bytes.Pointer + filled, (int)Math.Min(member.Size - filled, 1 << 20)));
                if (read == 0)
                    throw Fault($"the member '{member.Name}' ends after {filled} of {member.Size} bytes");
                filled += read;
            }

            if (stream.ReadByte() >= 0)
                throw Fault($"the member '{member.Name}' goes on after its {member.Size} bytes");
        }
        catch (InvalidDataException e)
        {
            throw new WeightFileException(Path, $"the member '{member.Name}' cannot be inflated ({e.Message}); the zip file is damaged, fetch it again.", e);
        }

        GC.KeepAlive(_map);
        return new ZipContent(bytes.Pointer, member.Size, bytes);
    }

    private WeightFileException Fault(string what) => new ZipBytes(_map).Fault(what);
}
