using System.IO.Compression;
using System.Text;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests;

/// <summary>Sound zip files in every form a writer may choose.</summary>
public sealed unsafe class ZipMapTests : IDisposable
{
    private static readonly byte[] Letters = Encoding.ASCII.GetBytes("It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData(0), InlineData(12), InlineData(16), InlineData(20), InlineData(24)]
    public void Read_EveryForm_GivesTheContent(int descriptor)
    {
        for (var form = 0; form < 8; form++)
        {
            var (deflate, zip64, zip64End) = ((form & 1) != 0, (form & 2) != 0, (form & 4) != 0);
            var zip = RawZip.Of(
                new RawZip.Member("a", Letters) { Deflate = deflate, Descriptor = descriptor, Zip64 = zip64, Padding = 7 },
                new RawZip.Member("empty", []) { Descriptor = descriptor },
                new RawZip.Member("ünï/b", [1, 2, 3]) { Deflate = deflate, Zip64 = zip64 });
            zip.Zip64End = zip64End;
            var map = Open(zip.Bytes());
            Assert.Equal(["a", "empty", "ünï/b"], map.Members.Select(m => m.Name));
            Assert.Equal(Letters, Content(map, "a"));
            Assert.Empty(Content(map, "empty"));
            Assert.Equal([1, 2, 3], Content(map, "ünï/b"));
            foreach (var member in map.Members)
                map.Check(member);
        }
    }

    [Fact]
    public void Read_StoredMember_CopiesNothing()
    {
        var map = Open(RawZip.Of(new RawZip.Member("a", Letters)).Bytes());
        var first = map.Read(map.TryFind("a")!);
        Assert.True(first.Pointer == map.Read(map.TryFind("a")!).Pointer);
        Assert.IsType<MappedFile>(first.Owner);
    }

    [Fact]
    public void Open_NoMembers_GivesNone() => Assert.Empty(Open(RawZip.Of().Bytes()).Members);

    // The comment holds the signature of an end record, and even a whole one whose comment would not end with the file.
    [Fact]
    public void Open_CommentThatLooksLikeAnEnd_FindsTheTrueOne()
    {
        var zip = RawZip.Of(new RawZip.Member("a", Letters));
        zip.Comment = [.. "PK\u0005\u0006"u8, .. new byte[40]];
        Assert.Equal(Letters, Content(Open(zip.Bytes()), "a"));
    }

    [Fact]
    public void Open_LongestComment_FindsTheEnd()
    {
        var zip = RawZip.Of(new RawZip.Member("a", Letters));
        zip.Comment = new byte[ushort.MaxValue];
        Assert.Equal(Letters, Content(Open(zip.Bytes()), "a"));
    }

    [Fact]
    public void Read_AnyContentOfAnotherWriter_GivesItBack() =>
        Prop.ForAll<byte[][], bool>((contents, deflate) =>
        {
            var stream = new MemoryStream();
            using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            {
                for (var i = 0; i < contents.Length; i++)
                {
                    using var entry = archive.CreateEntry($"m{i}", deflate ? CompressionLevel.SmallestSize : CompressionLevel.NoCompression).Open();
                    entry.Write(contents[i]);
                }
            }

            var map = Open(stream.ToArray());
            for (var i = 0; i < contents.Length; i++)
                Assert.Equal(contents[i], Content(map, $"m{i}"));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100).WithReplay(3, 5));

    [Fact]
    public void Check_MappedMemberChanged_IsRefusedThereAndNotBefore()
    {
        var zip = RawZip.Of(new RawZip.Member("a", Letters));
        var bytes = zip.Bytes();
        bytes[zip.LocalAt[0] + 31] ^= 1;
        var map = Open(bytes);
        Content(map, "a");
        var e = Assert.Throws<WeightFileException>(() => map.Check(map.TryFind("a")!));
        Assert.Contains("checksum", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ChecksumOfZero_StandsForNone()
    {
        var map = Open(RawZip.Of(new RawZip.Member("a", Letters) { Crc = 0 }).Bytes());
        map.Check(map.TryFind("a")!);
    }

    private ZipMap Open(byte[] bytes)
    {
        var path = _folder.PathOf("x.zip");
        File.WriteAllBytes(path, bytes);
        return new ZipMap(new MappedFile(path));
    }

    private static byte[] Content(ZipMap map, string name)
    {
        var content = map.Read(map.TryFind(name)!);
        var bytes = content.Head(int.MaxValue).ToArray();
        GC.KeepAlive(content.Owner);
        return bytes;
    }
}
