using System.Text;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>Spoilt zip files: one test a malformation, one exception for all.</summary>
public sealed class ZipMalformedTests : IDisposable
{
    private static readonly byte[] Zeros = new byte[4000];

    private readonly TemporaryFolder _folder = new();
    private readonly RawZip _zip = RawZip.Of(new RawZip.Member("first", [1, 2, 3, 4, 5]), new RawZip.Member("second", [6, 7, 8]));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_Empty_IsRefused() => Refused([], "cut short");

    [Fact]
    public void Open_EndCutOff_IsRefused() => Refused(_zip.Bytes()[..^1], "cut short");

    [Fact]
    public void Open_SomethingBehindTheEnd_IsRefused() => Refused([.. _zip.Bytes(), 0], "cut short");

    [Fact]
    public void Open_SomethingBeforeTheStart_IsRefused() => Refused([0, .. _zip.Bytes()], "its end is at byte");

    [Theory, InlineData(4), InlineData(6), InlineData(8)]
    public void Open_OnePartOfSeveral_IsRefused(int field) => Patched(() => _zip.EndAt + field, 2, 1, "several parts");

    [Theory, InlineData(0), InlineData(1), InlineData(0xFFFFFFF0)]
    public void Open_DirectoryElsewhere_IsRefused(long place) => Patched(() => _zip.EndAt + 16, 4, place, "its end is at byte");

    [Theory, InlineData(0), InlineData(1), InlineData(0xFFFFFFF0)]
    public void Open_DirectoryOfAnotherSize_IsRefused(long size) => Patched(() => _zip.EndAt + 12, 4, size, "its end is at byte");

    [Theory, InlineData(1, "take"), InlineData(3, "claims 3 members"), InlineData(0xFFFE, "claims 65534 members")]
    public void Open_OtherNumberOfMembers_IsRefused(int count, string named)
    {
        var bytes = _zip.Bytes();
        Refused(RawZip.Patched(RawZip.Patched(bytes, _zip.EndAt + 8, 2, count), _zip.EndAt + 10, 2, count), named);
    }

    [Fact]
    public void Open_TooLargeForItsRecordWithoutThe64BitOne_IsRefused() => Patched(() => _zip.EndAt + 16, 4, uint.MaxValue, "64-bit one is missing");

    [Theory]
    [InlineData(0, 4, 1, "is not at byte")] // signature
    [InlineData(4, 8, 45, "is not at byte")] // length
    [InlineData(4, 8, -1, "beyond all files")]
    [InlineData(16, 4, 1, "disagree")] // disk
    [InlineData(24, 8, 7, "disagree")] // members on this disk
    [InlineData(40, 8, 7, "its end is at byte")] // size
    [InlineData(40, 8, long.MaxValue, "its end is at byte")]
    [InlineData(48, 8, 7, "its end is at byte")] // place
    [InlineData(48, 8, long.MaxValue, "its end is at byte")]
    [InlineData(48, 8, -1, "beyond all files")]
    public void Open_64BitEndSpoilt_IsRefused(int field, int size, long value, string named)
    {
        _zip.Zip64End = true;
        Patched(() => _zip.Zip64EndAt + field, size, value, named);
    }

    [Theory]
    [InlineData(8, 8, 0, "is not at byte")]
    [InlineData(8, 8, long.MaxValue, "is not at byte")]
    [InlineData(8, 8, -8, "beyond all files")]
    [InlineData(4, 4, 1, "several parts")]
    [InlineData(16, 4, 2, "several parts")]
    public void Open_64BitLocatorSpoilt_IsRefused(int field, int size, long value, string named)
    {
        _zip.Zip64End = true;
        Patched(() => _zip.Zip64EndAt + 56 + field, size, value, named);
    }

    [Fact]
    public void Open_TwoEndsThatDisagree_IsRefused()
    {
        _zip.Zip64End = true;
        Patched(() => _zip.EndAt + 16, 4, 7, "two records");
    }

    [Fact]
    public void Open_EntrySpoilt_IsRefused() => Patched(() => _zip.EntryAt[1], 4, 0, "no member at byte");

    [Fact]
    public void Open_EntryNameBeyondTheFile_IsRefused() => Patched(() => _zip.EntryAt[1] + 28, 2, 0xFFFF, "should be at byte");

    [Theory, InlineData(0), InlineData(3), InlineData(0xFFFFFFFE)]
    public void Open_NoHeaderWhereTheEntrySays_IsRefused(long place) =>
        Patched(() => _zip.EntryAt[1] + 42, 4, place, place == 0 ? "disagrees" : "no header at byte");

    [Theory]
    [InlineData(8, 2, 8, "disagrees")] // method
    [InlineData(6, 2, 8, "disagrees")] // flags
    [InlineData(6, 2, 1, "disagrees")]
    [InlineData(14, 4, 1, "disagrees")] // checksum
    [InlineData(18, 4, 6, "disagrees")] // sizes
    [InlineData(22, 4, 6, "disagrees")]
    [InlineData(30, 1, 'F', "disagrees")] // name
    [InlineData(26, 2, 4, "disagrees")] // length of the name
    [InlineData(26, 2, 0xFFFF, "should be at byte")]
    [InlineData(28, 2, 0xFFFF, "should be at byte")] // length of the extra field
    public void Open_HeaderAndEntryDisagree_IsRefused(int field, int size, long value, string named) => Patched(() => _zip.LocalAt[0] + field, size, value, named);

    [Theory, InlineData(1), InlineData(1 << 5), InlineData(1 << 6), InlineData(1 << 13)]
    public void Open_Encrypted_IsRefused(int flags) => Refused(RawZip.Of(new RawZip.Member("a", [1]) { Flags = flags }).Bytes(), "'a' is encrypted");

    [Theory, InlineData(1), InlineData(9), InlineData(12), InlineData(14), InlineData(93), InlineData(99)]
    public void Open_UnknownMethod_IsRefused(int method) => Refused(RawZip.Of(new RawZip.Member("a", [1]) { Method = method }).Bytes(), $"method {method}");

    [Fact]
    public void Open_StoredInFewerBytesThanItHas_IsRefused() => Refused(RawZip.Of(new RawZip.Member("a", [1, 2, 3]) { Size = 4 }).Bytes(), "stored plainly");

    [Fact]
    public void Open_SameNameTwice_IsRefused() => Refused(RawZip.Of(new RawZip.Member("a", [1]), new RawZip.Member("a", [2])).Bytes(), "'a' is there twice");

    [Fact]
    public void Open_NameThatIsNotUtf8_IsRefused() => Patched(() => _zip.EntryAt[0] + 46, 1, 0xFF, "not UTF-8");

    [Fact]
    public void Open_ContentOverTheNextMember_IsRefused() =>
        Refused(RawZip.Of(new RawZip.Member("a", [1, 2, 3]) { Size = 40, CompressedSize = 40 }, new RawZip.Member("b", Zeros)).Bytes(), "'b' overlaps");

    [Fact]
    public void Open_TwoMembersInOnePlace_IsRefused()
    {
        var zip = RawZip.Of(new RawZip.Member("a", [1]), new RawZip.Member("a", [1]));
        var bytes = RawZip.Patched(zip.Bytes(), zip.EntryAt[1] + 42, 4, 0);
        bytes[zip.EntryAt[1] + 46] = (byte)'b';
        Refused(bytes, "disagrees");
    }

    [Theory, InlineData(1000), InlineData(0xFFFFFFF0)]
    public void Open_ContentBeyondTheDirectory_IsRefused(long size) =>
        Refused(RawZip.Of(new RawZip.Member("a", [1, 2, 3]) { Size = size, CompressedSize = size }).Bytes(), $"'a' has {size} bytes");

    [Fact]
    public void Open_ContentNearTheLargestNumber_IsRefused() =>
        Refused(RawZip.Of(new RawZip.Member("a", [1]) { Size = long.MaxValue, CompressedSize = long.MaxValue, Zip64 = true }).Bytes(), "'a' has 9223372036854775807 bytes");

    [Fact]
    public void Open_NegativeSize_IsRefused() =>
        Refused(RawZip.Of(new RawZip.Member("a", [1]) { Size = -1, CompressedSize = -1, Zip64 = true }).Bytes(), "beyond all files");

    [Fact]
    public void Open_64BitSizesMissing_IsRefused()
    {
        var zip = RawZip.Of(new RawZip.Member("a", [1]) { Zip64 = true });
        Refused(RawZip.Patched(zip.Bytes(), zip.EntryAt[0] + 46 + 1 + 2, 2, 8), "lacks its 64-bit sizes");
    }

    [Fact]
    public void Open_ExtraFieldOutsideItsHeader_IsRefused()
    {
        var zip = RawZip.Of(new RawZip.Member("a", [1]) { Padding = 4 });
        Refused(RawZip.Patched(zip.Bytes(), 30 + 1 + 2, 2, 5), "ends outside its header");
    }

    [Theory, InlineData(12), InlineData(16), InlineData(20), InlineData(24)]
    public void Open_SizesBehindTheContentDisagree_IsRefused(int descriptor)
    {
        var zip = RawZip.Of(new RawZip.Member("a", [1, 2, 3]) { Descriptor = descriptor });
        var bytes = zip.Bytes();
        bytes[zip.DirectoryAt - (descriptor >= 20 ? 8 : 4)] ^= 1;
        Refused(bytes, "sizes that disagree");
    }

    [Fact]
    public void Open_NothingBehindTheContent_IsRefused()
    {
        var zip = RawZip.Of(new RawZip.Member("a", [1, 2, 3]));
        Refused(RawZip.Patched(RawZip.Patched(zip.Bytes(), 6, 2, 8), zip.EntryAt[0] + 8, 2, 8), "sizes that disagree");
    }

    [Theory, InlineData(3999, "goes on after its 3999 bytes"), InlineData(4001, "ends after 4000 of 4001 bytes"), InlineData(8000, "ends after 4000 of 8000 bytes")]
    public void Read_InflatesToAnotherSize_IsRefused(long size, string named) =>
        Refused(RawZip.Of(new RawZip.Member("a", Zeros) { Deflate = true, Size = size }).Bytes(), named);

    [Theory, InlineData(1L << 20), InlineData(1L << 40), InlineData(long.MaxValue)]
    public void Read_ClaimsMoreThanDeflatingCanSave_IsRefusedWithoutMemory(long size)
    {
        var before = GC.GetTotalAllocatedBytes();
        Refused(RawZip.Of(new RawZip.Member("a", [1, 2, 3]) { Deflate = true, Size = size, Zip64 = true }).Bytes(), "more than deflating can save");
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
    }

    [Fact]
    public void Read_BytesThatDoNotInflate_IsRefused() =>
        Refused(RawZip.Of(new RawZip.Member("a", [0xFF, 0xFF, 0xFF, 0xFF]) { Method = 8, Size = 100 }).Bytes(), "'a'");

    [Fact]
    public void Read_InflatesToOtherBytes_IsRefused() =>
        Refused(RawZip.Of(new RawZip.Member("a", Zeros) { Deflate = true, Crc = 1 }).Bytes(), "where 00000001 was written");

    private void Patched(Func<int> at, int size, long value, string named)
    {
        var bytes = _zip.Bytes();
        Refused(RawZip.Patched(bytes, at(), size, value), named);
    }

    private void Refused(byte[] bytes, string named)
    {
        var path = _folder.PathOf("x.zip");
        File.WriteAllBytes(path, bytes);
        var e = Assert.Throws<WeightFileException>(() =>
        {
            var map = new ZipMap(new MappedFile(path));
            foreach (var member in map.Members)
                map.Read(member);
        });
        Assert.Equal(path, e.Path);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        Assert.Contains(';', e.Message[path.Length..]); // what was found; what to do
        Assert.True(Encoding.UTF8.GetByteCount(e.Message) < 2000);
    }
}
