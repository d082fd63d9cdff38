namespace FeatureInterp.Tensors;

/// <summary>
/// The record at the end of a zip file, which says where the directory is; with its 64-bit twin, where there is one. Layout: PKWARE
/// APPNOTE 4.3.14–4.3.16.
/// </summary>
internal readonly record struct ZipEnd(long Entries, long Offset, long Size)
{
    private const int EndLength = 22, Zip64Length = 56, LocatorLength = 20, MaxComment = ushort.MaxValue;
    private const uint EndSignature = 0x06054B50, Zip64Signature = 0x06064B50, LocatorSignature = 0x07064B50;

    /// <summary>Finds the record and checks that the directory ends right before it.</summary>
    public static ZipEnd Find(ZipBytes bytes)
    {
        var at = Search(bytes);
        if (bytes.U16(at + 4) != 0 || bytes.U16(at + 6) != 0 || bytes.U16(at + 8) != bytes.U16(at + 10))
            throw new WeightFileException(bytes.Path, "this is one part of a zip file in several parts; put the parts together first.");
        var end = new ZipEnd(bytes.U16(at + 10), bytes.U32(at + 16), bytes.U32(at + 12));
        var limit = at;
        if (at >= LocatorLength && bytes.U32(at - LocatorLength) == LocatorSignature)
            end = ReadZip64(bytes, at - LocatorLength, end, out limit);
        else if (end.Entries == ushort.MaxValue || end.Offset == uint.MaxValue || end.Size == uint.MaxValue)
            throw bytes.Fault("the directory is too large for its record and the 64-bit one is missing");
        return end.Offset <= limit && end.Size == limit - end.Offset
            ? end
            : throw bytes.Fault($"the directory should be {end.Size} bytes from byte {end.Offset}, but its end is at byte {limit}");
    }

    // The comment at the end may look like anything, so the record counts whose comment ends with the file.
    private static long Search(ZipBytes bytes)
    {
        for (var at = bytes.Length - EndLength; at >= 0 && at >= bytes.Length - EndLength - MaxComment; at--)
        {
            if (bytes.U32(at) == EndSignature && at + EndLength + bytes.U16(at + 20) == bytes.Length)
                return at;
        }

        throw new WeightFileException(bytes.Path, $"the record that ends a zip file is not in these {bytes.Length} bytes; the file was probably cut short, fetch it again.");
    }

    private static ZipEnd ReadZip64(ZipBytes bytes, long locator, ZipEnd narrow, out long at)
    {
        at = bytes.I64(locator + 8);
        if (bytes.U32(locator + 4) != 0 || bytes.U32(locator + 16) > 1)
            throw new WeightFileException(bytes.Path, "this is one part of a zip file in several parts; put the parts together first.");
        if (at > locator - Zip64Length || bytes.U32(at) != Zip64Signature || bytes.I64(at + 4) != locator - at - 12)
            throw bytes.Fault($"the 64-bit record of the directory is not at byte {at}");
        var end = new ZipEnd(bytes.I64(at + 32), bytes.I64(at + 48), bytes.I64(at + 40));
        var agree = (narrow.Entries == ushort.MaxValue || narrow.Entries == end.Entries)
            && (narrow.Offset == uint.MaxValue || narrow.Offset == end.Offset)
            && (narrow.Size == uint.MaxValue || narrow.Size == end.Size);
        if (!agree || bytes.U32(at + 16) != 0 || bytes.U32(at + 20) != 0 || bytes.I64(at + 24) != end.Entries)
            throw bytes.Fault("the two records of the directory disagree");
        return end;
    }
}
