using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>Spoilt NumPy arrays: one test a malformation, one exception for all. What a zip file may lack is in <see cref="ZipMalformedTests"/>.</summary>
public sealed class NpzMalformedTests : IDisposable
{
    private static readonly byte[] Data = new byte[24];
    private static readonly byte[] Sound = RawNpz.Npy("<f4", "(2, 3)", Data);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_NoSuchFile_IsRefused()
    {
        var path = _folder.PathOf("nowhere.npz");
        Assert.Contains("no such file", Assert.Throws<WeightFileException>(() => NpzFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NoZipFile_IsRefused()
    {
        var path = _folder.Write("x.npz", "hello");
        Assert.Contains("cut short", Assert.Throws<WeightFileException>(() => NpzFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(0), InlineData(5), InlineData(9)]
    public void Open_TooShortForAHeader_IsRefused(int length) => Refused(Sound[..length], "does not begin as a NumPy array");

    [Theory, InlineData(0), InlineData(1), InlineData(5)]
    public void Open_OtherMagic_IsRefused(int at)
    {
        var bytes = (byte[])Sound.Clone();
        bytes[at] ^= 0x20;
        Refused(bytes, "does not begin as a NumPy array");
    }

    [Theory, InlineData(0, 0), InlineData(4, 0), InlineData(1, 1), InlineData(255, 255)]
    public void Open_UnknownVersion_IsRefused(byte major, byte minor)
    {
        var bytes = (byte[])Sound.Clone();
        (bytes[6], bytes[7]) = (major, minor);
        Refused(bytes, $"version {major}.{minor}");
    }

    [Fact]
    public void Open_HeaderBeyondTheMember_IsRefused() => Refused(RawZip.Patched(Sound, 8, 2, 0xFFFF), "header of 65535 bytes");

    [Fact]
    public void Open_HugeHeader_IsRefused()
    {
        var bytes = RawNpz.Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", Data, version: 2);
        Refused(RawZip.Patched(bytes, 8, 4, 0xFFFFFFFF), "header of 4294967295 bytes");
    }

    [Fact]
    public void Open_HeaderPaddedWithoutEnd_IsRefused() =>
        Refused(RawNpz.Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + new string(' ', 70_000), Data, version: 2), "can be read");

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}")]
    [InlineData("{'descr': '<f4', 'shape': (2, 3)}")]
    [InlineData("{'fortran_order': False, 'shape': (2, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)},")]
    [InlineData("{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3)}")]
    [InlineData("{'descr': '<f4',, 'fortran_order': False, 'shape': (2, 3)}")]
    [InlineData("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}")]
    [InlineData("{descr: '<f4', 'fortran_order': False, 'shape': (2, 3)}")]
    [InlineData("{'descr\": '<f4', 'fortran_order': False, 'shape': (2, 3)}")]
    [InlineData("{'descr': <f4, 'fortran_order': False, 'shape': (2, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': Falsehood, 'shape': (2, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': __import__('os').getcwd(), 'shape': (2, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': 6}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (6)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2.0, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2*1, 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': ('2', 3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': ((2, 3))}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2,3)}")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3")]
    [InlineData("{'descr': '<f4\u00e9', 'fortran_order': False, 'shape': (2, 3)}")]
    public void Open_HeaderThatIsNone_IsRefused(string header) => Refused(RawNpz.Npy(header, Data), "'x'");

    [Theory, InlineData("<u4"), InlineData("<u2"), InlineData("<c8"), InlineData("|V2"), InlineData("|S3"), InlineData("<U3"), InlineData("|O"), InlineData("<M8[ns]"), InlineData("<f16"), InlineData(""), InlineData("<<f4"), InlineData("f")]
    public void Open_UnknownElementType_IsRefusedByName(string descr) => Refused(RawNpz.Npy(descr, "(2, 3)", Data), $"element type '{descr}'");

    [Fact]
    public void Open_RecordsOfFields_AreRefused() =>
        Refused(RawNpz.Npy("{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': False, 'shape': (3,)}", Data), "several fields");

    [Theory, InlineData("(2, 2)", 16), InlineData("(7,)", 28), InlineData("()", 4), InlineData("(0, 3)", 0)]
    public void Open_ShapeThatDoesNotFillTheMember_IsRefused(string shape, int takes) =>
        Refused(RawNpz.Npy("<f4", shape, Data), $"takes {takes} bytes, but 24 follow");

    [Theory, InlineData("(2147483647, 2147483647, 2)"), InlineData("(2147483647, 2147483647, 2147483647, 0)"), InlineData("(0, 2147483647, 2147483647, 2147483647)")]
    public void Open_ShapeWhoseSizeOverflows_IsRefused(string shape) => Refused(RawNpz.Npy("<f8", shape, Data), "more elements than a file can hold");

    [Theory, InlineData("(2147483648,)"), InlineData("(0, 2147483648)"), InlineData("(9223372036854775807,)")]
    public void Open_DimensionBeyond31Bits_IsRefused(string shape) => Refused(RawNpz.Npy("<f4", shape, Data), "a dimension is a number from 0 to 2147483647");

    [Fact]
    public void Open_RowBeyond31Bits_IsRefused() => Refused(RawNpz.Npy("<f4", "(2, 1073741824)", Data), "rows of 4294967296 bytes");

    [Fact]
    public void Open_TurnedMemberWithAnotherChecksum_IsRefused()
    {
        var path = _folder.PathOf("x.npz");
        var e = Assert.Throws<WeightFileException>(() => RawNpz.Open(path, new RawZip.Member("x.npy", RawNpz.Npy("<f4", "(2, 3)", Data, fortran: true)) { Crc = 7 }));
        Assert.Contains("checksum", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_MappedMemberWithAnotherChecksum_IsRefused()
    {
        var file = RawNpz.Open(_folder.PathOf("x.npz"), new RawZip.Member("x.npy", Sound) { Crc = 7 });
        Assert.Equal(6, file["x"].Count);
        Assert.Contains("checksum", Assert.Throws<WeightFileException>(file.Verify).Message, StringComparison.Ordinal);
    }

    private void Refused(byte[] npy, string named)
    {
        var path = _folder.PathOf("x.npz");
        foreach (var deflate in (bool[])[false, true])
        {
            var e = Assert.Throws<WeightFileException>(() => RawNpz.Open(path, new RawZip.Member("x.npy", npy) { Deflate = deflate }));
            Assert.Equal(path, e.Path);
            Assert.Contains(named, e.Message, StringComparison.Ordinal);
            Assert.Contains(';', e.Message[path.Length..]);
        }
    }
}
