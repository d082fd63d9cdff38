using System.Text;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>Spoilt files of torch.save: one test a malformation, one exception for all. Pickles alone are in <see cref="PickleMalformedTests"/>.</summary>
public sealed class TorchMalformedTests : IDisposable
{
    private static readonly byte[] Twelve = new byte[48];
    private static readonly byte[] Sound = Pickle(0, [3, 4], [4, 1]).Bytes;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_NoSuchFile_IsRefused() =>
        Assert.Contains("no such file", Assert.Throws<WeightFileException>(() => TorchFile.Open(_folder.PathOf("nowhere.pt"))).Message, StringComparison.Ordinal);

    [Theory, InlineData(new byte[0]), InlineData(new byte[] { (byte)'P' }), InlineData(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 })]
    public void Open_OtherFile_IsRefused(byte[] bytes) => Refused(bytes, "not a zip file");

    [Fact]
    public void Open_BarePickle_IsRefused() => Refused([0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46], "before 1.6");

    [Fact]
    public void Open_CutShort_IsRefused() => Refused(RawTorch.Bytes(RawTorch.Members(Sound, ("0", Twelve)))[..^9], "cut short");

    [Fact]
    public void Open_NoPickle_IsRefused() => Refused(RawTorch.Bytes([new RawZip.Member("x/version", [1]), new RawZip.Member("x/y/data.pkl", Sound), new RawZip.Member("data.pkl", Sound)]), "0 members");

    [Fact]
    public void Open_TwoPickles_IsRefused() => Refused(RawTorch.Bytes([new RawZip.Member("x/data.pkl", Sound), new RawZip.Member("y/data.pkl", Sound)]), "2 members");

    [Theory, InlineData("x/constants.pkl"), InlineData("x/code/__torch__/m.py")]
    public void Open_TorchScript_IsRefused(string member) =>
        Refused(RawTorch.Bytes([.. RawTorch.Members(Sound, ("0", Twelve)), new RawZip.Member(member, [1])]), "TorchScript");

    [Theory, InlineData("big"), InlineData(""), InlineData("little\n")]
    public void Open_OtherByteOrder_IsRefused(string order) => Refused(With("x/byteorder", m => m with { Content = Encoding.ASCII.GetBytes(order) }), $"byte order is '{order}'");

    [Fact]
    public void Open_ByteOrderTooLong_IsRefused() => Refused(With("x/byteorder", m => m with { Content = new byte[17] }), "at most 16");

    [Fact]
    public void Open_PickleTooLong_IsRefused() => Refused(With("x/data.pkl", m => m with { Content = new byte[100_000], Size = TorchFile.MaxPickleBytes + 1, Method = 8 }), "at most 67108864");

    [Fact]
    public void Open_PickleWithAnotherChecksum_IsRefused() => Refused(With("x/data.pkl", m => m with { Crc = 7 }), "checksum");

    [Fact]
    public void Open_PickleThatRunsCode_IsRefused() =>
        Refused(RawTorch.Bytes(new RawPickle().Global("os", "system").Text("true").Op(0x85).Op('R')), "wants to run code: os.system;");

    [Fact]
    public void Open_FunctionForAValue_IsRefused() => Refused(RawTorch.Bytes(new RawPickle().Dict(("f", p => p.Global("torch._utils", "_rebuild_tensor_v2")))), "'f' is the function torch._utils._rebuild_tensor_v2");

    [Fact]
    public void Open_StorageNotThere_IsRefused() => Refused(RawTorch.Bytes(RawTorch.Members(Sound)), "the member 'x/data/0', which is not there");

    [Fact]
    public void Open_StorageByAnotherMembersName_IsRefused() =>
        Refused(RawTorch.Bytes(new RawPickle().Dict(("w", p => p.Tensor("ByteStorage", "../data.pkl", 1, 0, [1], [1])))), "the member 'x/data/../data.pkl', which is not there");

    [Theory, InlineData(47), InlineData(49), InlineData(0), InlineData(44)]
    public void Open_StorageOfAnotherSize_IsRefused(int length) => Refused(RawTorch.Bytes(RawTorch.Members(Sound, ("0", new byte[length]))), $"has {length} bytes");

    [Fact]
    public void Open_StorageWhoseSizeOverflows_IsRefused() =>
        Refused(RawTorch.Bytes(new RawPickle().Dict(("w", p => p.Tensor("DoubleStorage", "0", (1L << 61) + 6, 0, [6], [1]))), ("0", Twelve)), "has 48 bytes");

    [Theory]
    [InlineData(0, new long[] { 13 }, new long[] { 1 }, 12)]
    [InlineData(1, new long[] { 3, 4 }, new long[] { 4, 1 }, 12)]
    [InlineData(12, new long[] { }, new long[] { }, 12)]
    [InlineData(13, new long[] { 0 }, new long[] { 1 }, 13)]
    [InlineData(0, new long[] { 3, 4 }, new long[] { 5, 1 }, 13)]
    [InlineData(0, new long[] { 4, 3 }, new long[] { 1, 5 }, 13)]
    [InlineData(0, new long[] { 2 }, new long[] { long.MaxValue }, long.MaxValue)]
    [InlineData(long.MaxValue, new long[] { 1 }, new long[] { 1 }, long.MaxValue)]
    public void Open_TensorBeyondItsStorage_IsRefused(long offset, long[] shape, long[] strides, long element) =>
        Refused(RawTorch.Bytes(RawTorch.Members(Pickle(offset, shape, strides).Bytes, ("0", Twelve))), $"reaches element {element} of a storage of 12");

    [Fact]
    public void Open_ReachThatWouldOverflow_IsRefused() =>
        Refused(RawTorch.Bytes(RawTorch.Members(Pickle(long.MaxValue, [int.MaxValue, 2], [long.MaxValue, long.MaxValue]).Bytes, ("0", Twelve))), "of a storage of 12");

    [Fact]
    public void Open_ShapeOfMoreThanAFileHolds_IsRefused() =>
        Refused(RawTorch.Bytes(RawTorch.Members(Pickle(0, [int.MaxValue, int.MaxValue, int.MaxValue], [0, 0, 0]).Bytes, ("0", Twelve))), "more elements than a file can hold");

    // One stored element may stand for many, but not for more memory than the file's length and a fixed allowance.
    [Fact]
    public void Open_ExpandedTooFar_IsRefusedWithoutMemory()
    {
        var before = GC.GetTotalAllocatedBytes();
        Refused(RawTorch.Bytes(RawTorch.Members(Pickle(0, [1 << 20, 1 << 10], [0, 0]).Bytes, ("0", Twelve))), "save them contiguous");
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
    }

    [Fact]
    public void Open_ManyExpandedTensors_AreRefusedTogether() => Refused(
        RawTorch.Bytes(new RawPickle().List([.. Enumerable.Repeat((Action<RawPickle>)(p => p.Tensor("FloatStorage", "0", 12, 0, [1 << 10, 1 << 14], [0, 0])), 5)]), ("0", Twelve)), "save them contiguous");

    [Fact]
    public void Open_CopiedStorageWithAnotherChecksum_IsRefused()
    {
        var members = RawTorch.Members(Pickle(0, [4, 3], [1, 4]).Bytes, ("0", Twelve));
        Refused(RawTorch.Bytes([.. members.Select(m => m.Name == "x/data/0" ? m with { Crc = 7 } : m)]), "checksum");
    }

    [Fact]
    public void Verify_MappedStorageWithAnotherChecksum_IsRefused()
    {
        File.WriteAllBytes(_folder.PathOf("x.pt"), With("x/data/0", m => m with { Crc = 7 }));
        var file = TorchFile.Open(_folder.PathOf("x.pt"));
        Assert.Contains("checksum", Assert.Throws<WeightFileException>(file.Verify).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TwoThingsOfOneName_IsRefused() =>
        Refused(RawTorch.Bytes(new RawPickle().Dict(("a.b", p => p.Int(1)), ("a", p => p.Dict(("b", q => q.Int(2)))))), "two things are named 'a.b'");

    [Fact]
    public void Open_ContainerInItself_IsRefused() => Refused(RawTorch.Bytes(new RawPickle().Op(']').Put(1).Get(1).Op('a')), "holds itself");

    [Fact]
    public void Open_NestedTooDeep_IsRefused() => Refused(RawTorch.Bytes(new RawPickle().Op(']').Op([.. Enumerable.Repeat((byte)0x85, 100_000)])), "more than 64 containers deep");

    // Each level holds the one below ten times: a few bytes that would be 10^20 objects.
    [Fact]
    public void Open_SharedTenfoldOverAndOver_IsRefusedSoon()
    {
        Refused(RawTorch.Bytes(Tenfold(7)), "more than 1000000 objects");
        Refused(RawTorch.Bytes(Tenfold(20)), "characters altogether");
    }

    private static RawPickle Tenfold(int levels)
    {
        var pickle = new RawPickle().Int(0);
        for (byte level = 1; level <= levels; level++)
        {
            pickle.Put(level).Op('0').Op('(');
            for (var i = 0; i < 10; i++)
                pickle.Get(level);
            pickle.Op('t');
        }

        return pickle;
    }

    [Fact]
    public void Open_NamesTooLong_AreRefused() => Refused(RawTorch.Bytes(new RawPickle().Dict((new string('k', 3000), p => p.Int(1)))), "a name takes 3001 characters");

    private static RawPickle Pickle(long offset, long[] shape, long[] strides) => new RawPickle().Dict(("w", p => p.Tensor("FloatStorage", "0", 12, offset, shape, strides)));

    private static byte[] With(string name, Func<RawZip.Member, RawZip.Member> change) =>
        RawTorch.Bytes([.. RawTorch.Members(Sound, ("0", Twelve)).Select(m => m.Name == name ? change(m) : m)]);

    private void Refused(byte[] bytes, string named)
    {
        var path = _folder.PathOf("x.pt");
        File.WriteAllBytes(path, bytes);
        var e = Assert.Throws<WeightFileException>(() => TorchFile.Open(path));
        Assert.Equal(path, e.Path);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        Assert.Contains(';', e.Message[path.Length..]); // what was found; what to do
        Assert.True(Encoding.UTF8.GetByteCount(e.Message) < 2000);
    }
}
