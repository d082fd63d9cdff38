using System.Text;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>GGUF files, sound and spoilt: one test a malformation, one exception for all.</summary>
public sealed class GgufFileTests : IDisposable
{
    private const uint U8 = 0, U32 = 4, F32Value = 6, Bool = 7, String = 8, Array = 9, U64 = 10;
    private const uint F32 = 0, Q4_0 = 2, Q8_0 = 8, I8 = 24;

    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder.PathOf("x.gguf");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_TwoTensorsAndMetadata_ReadsThem()
    {
        var file = Open(new RawGguf().Value("general.architecture", String, RawGguf.Text("llama")).Value("llama.block_count", U32, 2, 0, 0, 0)
            .Tensor("a", F32, [3, 2], Floats(1, 2, 3, 4, 5, 6)).Tensor("b", I8, [2], [0xFF, 7]));
        Assert.Equal((3, 32L), (file.Version, file.Alignment));
        Assert.Equal([2L, 3], file["a"].Shape.ToArray());
        Assert.Equal([1f, 2, 3, 4, 5, 6], file["a"].ToTensor().Memory.ToArray());
        Assert.Equal([-1L, 7], file["b"].ToInt64());
        Assert.True(file.Metadata.TryGetString("general.architecture", out var name));
        Assert.Equal("llama", name);
        Assert.True(file.Metadata.TryGetInteger("llama.block_count", out var blocks));
        Assert.Equal(2, blocks);
        Assert.False(file.Metadata.TryGetNumber("llama.rope.freq_base", out _));
    }

    [Theory, InlineData(2u, 8), InlineData(3u, 1), InlineData(3u, 4096)]
    public void Open_OtherVersionAndAlignment_Reads(uint version, int alignment)
    {
        var file = Open(new RawGguf { Version = version, Alignment = alignment }.Value("general.alignment", U32, BitConverter.GetBytes(alignment))
            .Tensor("a", I8, [3], [1, 2, 3]).Tensor("b", F32, [1], Floats(0.5f)));
        Assert.Equal(((int)version, (long)alignment), (file.Version, file.Alignment));
        Assert.Equal([1L, 2, 3], file["a"].ToInt64());
        Assert.Equal(0.5f, file["b"].ToTensor().Span[0]);
    }

    // 32 numbers from −8 to 7 at scale ½, then 32 zeros: byte j holds number j below and number j + 16 above.
    [Fact]
    public void Open_Blocks_AreDequantised()
    {
        byte[] first = [.. Half(0.5), .. Enumerable.Range(0, 16).Select(j => (byte)(j | (15 - j) << 4))];
        byte[] second = [.. Half(2), .. Enumerable.Repeat((byte)0x88, 16)];
        var weight = Open(new RawGguf().Tensor("list", Q4_0, [64], [.. first, .. second]))["list"];
        Assert.Equal((1, 64, 64L), (weight.RowCount, weight.RowLength, weight.Count));
        float[] wanted = [.. Enumerable.Range(0, 16).Select(j => 0.5f * (j - 8)), .. Enumerable.Range(0, 16).Select(j => 0.5f * (7 - j)), .. new float[32]];
        Assert.Equal(wanted, weight.ToTensor().Memory.ToArray());
    }

    [Fact]
    public void Open_NoTensorsNoMetadata_GivesNone()
    {
        var file = Open(new RawGguf());
        Assert.Empty(file.Weights);
        Assert.Equal(0, file.Metadata.Count);
    }

    [Fact]
    public void Indexers_NamesThatAreNone_NameTheNearest()
    {
        var file = Open(new RawGguf().Value("llama.block_count", U32, 2, 0, 0, 0).Tensor("blk.0.attn_q.weight", I8, [1], [1]));
        Assert.Contains("'blk.0.attn_q.weight'", Assert.Throws<WeightFileException>(() => file["blk.0.attn_k.weight"]).Message, StringComparison.Ordinal);
        Assert.Contains("'llama.block_count'", Assert.Throws<WeightFileException>(() => file.Metadata["llama.blockcount"]).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("a text"), InlineData("a whole number"), InlineData("a number"), InlineData("true or false"), InlineData("a list of texts"), InlineData("a list of whole numbers"), InlineData("a list of numbers"), InlineData("a list")]
    public void Value_OfAnotherKind_SaysWhatItIs(string wanted)
    {
        var file = Open(new RawGguf().Value("text", String, RawGguf.Text("x")).Value("half", F32Value, Floats(0.5f)).Value("flags", Array, RawGguf.List(Bool, 1, 1)));
        GgufValue text = file.Metadata["text"], half = file.Metadata["half"], flags = file.Metadata["flags"];
        Action read = wanted switch
        {
            "a text" => () => half.AsString(),
            "a whole number" => () => half.AsInteger(),
            "a number" => () => text.AsNumber(),
            "true or false" => () => half.AsBool(),
            "a list of texts" => () => flags.AsStrings(),
            "a list of whole numbers" => () => flags.AsIntegers(),
            "a list of numbers" => () => flags.AsNumbers(),
            _ => () => text.AsItems(),
        };
        Assert.Contains(wanted + " was wanted", Assert.Throws<WeightFileException>(read).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_BeyondWhatAnAccessorGives_AreRefused()
    {
        var file = Open(new RawGguf().Value("huge", U64, BitConverter.GetBytes(ulong.MaxValue)).Value("two", Bool, 2).Value("negative", 5, BitConverter.GetBytes(-1))
            .Value("latin", String, RawGguf.Text([0xE9])).Value("latins", Array, RawGguf.List(String, 1, RawGguf.Text([0xE9]))));
        Assert.Equal(ulong.MaxValue, file.Metadata["huge"].AsUnsigned());
        foreach (var (key, read) in new (string, Action<GgufValue>)[]
        {
            ("huge", v => v.AsInteger()), ("two", v => v.AsBool()), ("negative", v => v.AsUnsigned()), ("latin", v => v.AsString()), ("latins", v => v.AsStrings()),
        })
        {
            Assert.Contains($"'{key}'", Assert.Throws<WeightFileException>(() => read(file.Metadata[key])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Open_NoSuchFile_IsRefused() => Refused("no such file");

    [Fact]
    public void Open_EmptyFile_IsRefused() => Refused([], "the file is empty");

    [Fact]
    public void Open_AnyPrefix_IsRefused()
    {
        var sound = Sound().Bytes();
        for (var length = 1; length < sound.Length; length++)
            Refused(sound[..length], "");
    }

    [Fact]
    public void Open_AnotherMagic_IsRefused() => Refused(new RawGguf { Magic = [.. "GGML"u8] }, "does not begin with 'GGUF'");

    [Theory, InlineData(0u, "version 0"), InlineData(1u, "version 1"), InlineData(4u, "version 4"), InlineData(0x03000000u, "big-endian")]
    public void Open_AnotherVersion_IsRefused(uint version, string named) => Refused(new RawGguf { Version = version }, named);

    [Theory, InlineData(1UL), InlineData(1UL << 40), InlineData(ulong.MaxValue)]
    public void Open_MoreTensorsThanFit_IsRefusedWithoutReadingThem(ulong count) => RefusedCheaply(new RawGguf { TensorCount = count }, $"the number of tensors is {count}");

    [Theory, InlineData(1UL), InlineData(1UL << 40), InlineData(ulong.MaxValue)]
    public void Open_MoreMetadataThanFits_IsRefusedWithoutReadingIt(ulong count) => RefusedCheaply(new RawGguf { ValueCount = count }, $"the number of metadata values is {count}");

    [Theory, InlineData(100UL), InlineData(1UL << 63), InlineData(ulong.MaxValue)]
    public void Open_KeyLongerThanTheFile_IsRefused(ulong length) => Refused(new RawGguf().Value(BitConverter.GetBytes(length), U8, new byte[16]), $"claims {length} bytes of text");

    [Fact]
    public void Open_KeyLongerThanTheFormatAllows_IsRefused() => Refused(new RawGguf().Value(new string('k', 65_536), U8, 1), "65535 are the most");

    [Fact]
    public void Open_KeyThatIsNotUtf8_IsRefused() => Refused(new RawGguf().Value(RawGguf.Text([0xFF]), U8, 1), "not UTF-8");

    [Fact]
    public void Open_SameKeyTwice_IsRefused() => Refused(new RawGguf().Value("k", U8, 1).Value("k", U8, 2), "'k' is there twice");

    [Theory, InlineData(13u), InlineData(uint.MaxValue)]
    public void Open_UnknownValueType_IsRefused(uint type) => Refused(new RawGguf().Value("k", type, new byte[16]), $"the type {type}");

    [Fact]
    public void Open_TextLongerThanTheFile_IsRefused() => Refused(new RawGguf().Value("k", String, BitConverter.GetBytes(1UL << 62)), "bytes of text");

    [Theory, InlineData(0u), InlineData(8u), InlineData(9u), InlineData(10u)]
    public void Open_ListLongerThanTheFile_IsRefusedWithoutReadingIt(uint type) => RefusedCheaply(new RawGguf().Value("k", Array, RawGguf.List(type, 1UL << 61, new byte[64])), "the length of the metadata 'k'");

    [Fact]
    public void Open_ListOfAnUnknownType_IsRefused() => Refused(new RawGguf().Value("k", Array, RawGguf.List(99, 1, new byte[64])), "the type 99");

    [Fact]
    public void Open_ListsInListsTooDeep_IsRefused()
    {
        var list = RawGguf.List(U8, 0);
        for (var depth = 0; depth < 12; depth++)
            list = RawGguf.List(Array, 1, list);
        Refused(new RawGguf().Value("k", Array, list), "lists in lists");
    }

    [Theory, InlineData(0u), InlineData(3u), InlineData(48u), InlineData(uint.MaxValue)]
    public void Open_AlignmentThatIsNoPowerOfTwo_IsRefused(uint alignment) => Refused(new RawGguf().Value("general.alignment", U32, BitConverter.GetBytes(alignment)), $"general.alignment is {alignment}");

    [Fact]
    public void Open_AlignmentOfAnotherKind_IsRefused() => Refused(new RawGguf().Value("general.alignment", String, RawGguf.Text("32")), "a whole number was wanted");

    [Fact]
    public void Open_SameTensorTwice_IsRefused() => Refused(Sound().Tensor("a", I8, [1], [1]), "'a' is there twice");

    [Theory, InlineData(0u), InlineData(5u), InlineData(uint.MaxValue)]
    public void Open_RankOutOfRange_IsRefused(uint rank) => Refused(new RawGguf().Tensor("a", I8, [1, 1, 1, 1, 1], new byte[64], rank: rank), $"{rank} dimensions");

    [Theory, InlineData(0UL), InlineData(1UL << 31), InlineData(1UL << 63), InlineData(ulong.MaxValue)]
    public void Open_DimensionOutOfRange_IsRefused(ulong size) => Refused(new RawGguf().Tensor("a", I8, [1, size], new byte[64]), $"a dimension of {size}");

    [Fact]
    public void Open_ProductOfDimensionsThatOverflows_IsRefused() =>
        Refused(new RawGguf().Tensor("a", F32, [1 << 30, 1 << 30, 1 << 30, 1 << 30], new byte[64]), "more elements than can be addressed");

    [Fact]
    public void Open_RowTooLongToAddress_IsRefused() => Refused(new RawGguf().Tensor("a", F32, [1 << 30, 1], new byte[64]), "more elements than can be addressed");

    [Theory, InlineData(16u, "IQ2_XXS"), InlineData(20u, "IQ4_NL"), InlineData(39u, "MXFP4"), InlineData(4u, "number 4"), InlineData(uint.MaxValue, "number 4294967295")]
    public void Open_ElementTypeThatCannotBeRead_IsNamed(uint type, string named) => Refused(new RawGguf().Tensor("a", type, [32], new byte[64]), "stored as " + named);

    [Theory, InlineData(Q8_0, 33UL), InlineData(Q4_0, 16UL), InlineData(14u, 128UL)]
    public void Open_RowThatIsNotWholeBlocks_IsRefused(uint type, ulong length) => Refused(new RawGguf().Tensor("a", type, [length, 2], new byte[1024]), "not whole blocks");

    [Fact]
    public void Open_OffsetOffTheAlignment_IsRefused() => Refused(new RawGguf().Tensor("a", I8, [4], new byte[64], offset: 4), "not a multiple of the alignment 32");

    [Theory, InlineData(64UL), InlineData(1UL << 40), InlineData(ulong.MaxValue - 31)]
    public void Open_OffsetBeyondTheFile_IsRefused(ulong offset) => Refused(new RawGguf().Tensor("a", I8, [4], new byte[4], offset), "'a'");

    [Fact]
    public void Open_TensorLongerThanTheFile_IsRefused() => Refused(new RawGguf().Tensor("a", F32, [4], new byte[15]), "needs 16 bytes");

    [Fact]
    public void Open_Overlap_IsRefused() => Refused(new RawGguf().Tensor("a", I8, [40], new byte[40]).Tensor("b", I8, [4], new byte[32], offset: 32), "overlap");

    [Fact]
    public void Open_SamePlaceTwice_IsRefused() => Refused(new RawGguf().Tensor("a", I8, [4], new byte[4]).Tensor("b", I8, [4], new byte[4], offset: 0), "overlap");

    private static RawGguf Sound() => new RawGguf().Value("list", Array, RawGguf.List(String, 2, [.. RawGguf.Text("é"), .. RawGguf.Text("")]))
        .Tensor("a", Q8_0, [32, 2], new byte[68]).Tensor("b", F32, [2], new byte[8]);

    private static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    private static byte[] Half(double value) => BitConverter.GetBytes((Half)value);

    private GgufFile Open(RawGguf file)
    {
        File.WriteAllBytes(FilePath, file.Bytes());
        return GgufFile.Open(FilePath);
    }

    private void Refused(RawGguf file, string named) => Refused(file.Bytes(), named);

    private void Refused(byte[] bytes, string named)
    {
        File.WriteAllBytes(FilePath, bytes);
        Refused(named);
    }

    // What a file claims costs nothing before it is checked.
    private void RefusedCheaply(RawGguf file, string named)
    {
        File.WriteAllBytes(FilePath, file.Bytes());
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(named);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private void Refused(string named)
    {
        var e = Assert.Throws<WeightFileException>(() => GgufFile.Open(FilePath));
        Assert.Equal(FilePath, e.Path);
        Assert.StartsWith(FilePath + ": ", e.Message, StringComparison.Ordinal);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        Assert.Contains(';', e.Message[FilePath.Length..]); // what was found; what to do
        Assert.True(Encoding.UTF8.GetByteCount(e.Message) < 2000);
    }
}
