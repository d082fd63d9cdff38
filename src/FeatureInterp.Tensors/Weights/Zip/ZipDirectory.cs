using System.Text;

namespace FeatureInterp.Tensors;

/// <summary>
/// Every member of a zip file with the place of its content. The directory and the members' own headers are both read and must
/// agree; contents must not overlap, names not repeat, and only plain and deflated members are taken. Layout: PKWARE APPNOTE 4.3.7,
/// 4.3.9, 4.3.12 and 4.5.3.
/// </summary>
internal static class ZipDirectory
{
    /// <summary>The most members that are read.</summary>
    public const int MaxMembers = 1 << 20;

    private const int EntryLength = 46, LocalLength = 30;
    private const uint EntrySignature = 0x02014B50, LocalSignature = 0x04034B50, DescriptorSignature = 0x08074B50;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads and checks all members, in the directory's order.</summary>
    public static List<ZipMember> Read(ZipBytes bytes)
    {
        var end = ZipEnd.Find(bytes);
        if (end.Entries > MaxMembers || end.Entries > end.Size / EntryLength)
            throw bytes.Fault($"the directory claims {end.Entries} members in {end.Size} bytes, at most {MaxMembers} are read");
        var members = new List<ZipMember>((int)end.Entries);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var at = end.Offset;
        for (var i = 0; i < end.Entries; i++)
        {
            var member = ReadEntry(bytes, ref at);
            if (!names.Add(member.Name))
                throw bytes.Fault($"the member '{member.Name}' is there twice");
            members.Add(member with { DataOffset = CheckLocalHeader(bytes, member) });
        }

        if (at != end.Offset + end.Size)
            throw bytes.Fault($"the directory's {end.Entries} members take {at - end.Offset} bytes of its {end.Size}");
        CheckPlaces(bytes, members, end.Offset);
        return members;
    }

    private static ZipMember ReadEntry(ZipBytes bytes, ref long at)
    {
        if (bytes.U32(at) != EntrySignature)
            throw bytes.Fault($"the directory has no member at byte {at}");
        int nameLength = bytes.U16(at + 28), extraLength = bytes.U16(at + 30), commentLength = bytes.U16(at + 32);
        var name = ReadName(bytes, at + EntryLength, nameLength);
        Span<long> numbers = [bytes.U32(at + 24), bytes.U32(at + 20), bytes.U32(at + 42)]; // size, compressed size, local header
        Widen(bytes, name, at + EntryLength + nameLength, extraLength, numbers);
        var member = new ZipMember(name, bytes.U16(at + 10), bytes.U16(at + 8), bytes.U32(at + 16), numbers[1], numbers[0], numbers[2]);
        at += EntryLength + nameLength + extraLength + commentLength;
        if (member.IsEncrypted)
            throw new WeightFileException(bytes.Path, $"the member '{name}' is encrypted; unpack the archive and pack it again without a password.");
        if (member.Method is not (ZipMember.Stored or ZipMember.Deflated))
            throw new WeightFileException(bytes.Path, $"the member '{name}' is compressed by method {member.Method}, and only 0 (stored) and 8 (deflated) can be read; pack the archive again.");
        if (member.Method == ZipMember.Stored && member.Size != member.CompressedSize)
            throw bytes.Fault($"the member '{name}' is stored plainly, but its {member.Size} bytes take {member.CompressedSize}");
        return member;
    }

    // Gives where the content begins.
    private static long CheckLocalHeader(ZipBytes bytes, ZipMember member)
    {
        var at = member.HeaderOffset;
        if (at > bytes.Length - LocalLength || bytes.U32(at) != LocalSignature)
            throw bytes.Fault($"the member '{member.Name}' has no header at byte {at}");
        int nameLength = bytes.U16(at + 26), extraLength = bytes.U16(at + 28), flags = bytes.U16(at + 6);
        var name = ReadName(bytes, at + LocalLength, nameLength);
        Span<long> sizes = [bytes.U32(at + 22), bytes.U32(at + 18)];
        Widen(bytes, member.Name, at + LocalLength + nameLength, extraLength, sizes);
        var crc = bytes.U32(at + 14);
        var deferred = (member.Flags & ZipMember.HasDescriptor) != 0;
        if (name != member.Name || bytes.U16(at + 8) != member.Method || ((flags ^ member.Flags) & ZipMember.DecisiveFlags) != 0
            || !Agree(sizes[0], member.Size) || !Agree(sizes[1], member.CompressedSize) || !Agree(crc, member.Crc))
            throw bytes.Fault($"the member '{member.Name}' has a header that disagrees with the directory");
        return at + LocalLength + nameLength + extraLength;

        bool Agree(long local, long directory) => local == directory || (deferred && local == 0);
    }

    // Sorted by place, each member must begin after the one before it has ended, and the last before the directory.
    private static void CheckPlaces(ZipBytes bytes, List<ZipMember> members, long directory)
    {
        long free = 0;
        foreach (var member in members.OrderBy(m => m.HeaderOffset))
        {
            if (member.HeaderOffset < free)
                throw bytes.Fault($"the member '{member.Name}' overlaps the one before it");
            if (member.DataOffset > directory || member.CompressedSize > directory - member.DataOffset)
                throw bytes.Fault($"the member '{member.Name}' has {member.CompressedSize} bytes from byte {member.DataOffset}, but the directory begins at byte {directory}");
            free = member.DataOffset + member.CompressedSize;
            if ((member.Flags & ZipMember.HasDescriptor) != 0)
                free += DescriptorLength(bytes, member, free);
        }

        if (free > directory)
            throw bytes.Fault("the last member runs into the directory");
    }

    // The descriptor may have a signature or not, and sizes of 4 or of 8 bytes: the form that agrees is the one.
    private static int DescriptorLength(ZipBytes bytes, ZipMember member, long at)
    {
        foreach (var start in (ReadOnlySpan<int>)[4, 0])
        {
            if (start == 4 && bytes.U32(at) != DescriptorSignature)
                continue;
            if (at + start + 12 <= bytes.Length && bytes.U32(at + start) == member.Crc)
            {
                if (bytes.U32(at + start + 4) == member.CompressedSize && bytes.U32(at + start + 8) == member.Size)
                    return start + 12;
                if (at + start + 20 <= bytes.Length && bytes.I64(at + start + 4) == member.CompressedSize && bytes.I64(at + start + 12) == member.Size)
                    return start + 20;
            }
        }

        throw bytes.Fault($"the member '{member.Name}' is followed by sizes that disagree with the directory");
    }

    // A number of all ones stands in the 64-bit extra field instead, in this order.
    private static void Widen(ZipBytes bytes, string name, long at, int length, Span<long> numbers)
    {
        var end = at + length;
        bytes.Slice(at, length);
        while (end - at >= 4)
        {
            var (id, size) = (bytes.U16(at), bytes.U16(at + 2));
            at += 4;
            if (size > end - at)
                throw bytes.Fault($"the member '{name}' has an extra field that ends outside its header");
            if (id == 1)
            {
                var wide = at;
                foreach (ref var number in numbers)
                {
                    if (number != uint.MaxValue)
                        continue;
                    if (wide + 8 > at + size)
                        throw bytes.Fault($"the member '{name}' lacks its 64-bit sizes");
                    number = bytes.I64(wide);
                    wide += 8;
                }

                return;
            }

            at += size;
        }
    }

    private static string ReadName(ZipBytes bytes, long at, int length)
    {
        try
        {
            return Utf8.GetString(bytes.Slice(at, length));
        }
        catch (DecoderFallbackException e)
        {
            throw new WeightFileException(bytes.Path, $"the name of a member at byte {at} is not UTF-8; pack the archive again.", e);
        }
    }
}
