using System.Buffers.Binary;
using System.Text;
using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>Safetensors files, sound and spoilt: one test a malformation, one exception for all.</summary>
public sealed class SafetensorsFileTests : IDisposable
{
    private const string A = "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string FilePath => _folder.PathOf("x.safetensors");

    [Fact]
    public void Open_EveryElementType_ReadsItsValues()
    {
        File.WriteAllBytes(FilePath, RawSafetensors.Bytes(
            """
            {"f64":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"i64":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},
             "f32":{"dtype":"F32","shape":[],"data_offsets":[16,20]},"i32":{"dtype":"I32","shape":[1],"data_offsets":[20,24]},
             "bf16":{"dtype":"BF16","shape":[1],"data_offsets":[24,26]},"f16":{"dtype":"F16","shape":[1],"data_offsets":[26,28]},
             "i16":{"dtype":"I16","shape":[1],"data_offsets":[28,30]},"i8":{"dtype":"I8","shape":[1],"data_offsets":[30,31]},
             "u8":{"dtype":"U8","shape":[1],"data_offsets":[31,32]},"bool":{"dtype":"BOOL","shape":[1],"data_offsets":[32,33]}}
            """,
            [
                .. BitConverter.GetBytes(-0.1), .. BitConverter.GetBytes(-(1L << 40)), .. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-70_000),
                0x80, 0xBF, .. BitConverter.GetBytes((Half)0.375), .. BitConverter.GetBytes((short)-300), 0xFE, 0xFE, 1,
            ]));
        var file = SafetensorsFile.Open(FilePath);
        Assert.Equal(10, file.Weights.Count);
        (string Name, float Value)[] wanted =
            [("f64", -0.1f), ("i64", -(1L << 40)), ("f32", 1.5f), ("i32", -70_000), ("bf16", -1), ("f16", 0.375f), ("i16", -300), ("i8", -2), ("u8", 254), ("bool", 1)];
        foreach (var (name, value) in wanted)
        {
            Assert.Equal(value, file[name].ToTensor().Span[0]);
            if (name[0] is 'i' or 'u' or 'b' && name != "bf16")
                Assert.Equal((long)value, file[name].ToInt64()[0]);
            else
                Assert.Throws<InvalidOperationException>(file[name].ToInt64);
        }
    }

    [Fact]
    public void Open_OutOfOrderEmptyAndPadded_Reads()
    {
        File.WriteAllBytes(FilePath, RawSafetensors.Bytes(
            "{\"b\":{\"shape\":[2,1],\"data_offsets\":[4,8],\"dtype\":\"I16\"},\"none\":{\"dtype\":\"F32\",\"shape\":[3,0],\"data_offsets\":[4,4]},\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"__metadata__\":{\"format\":\"pt\"}}     ",
            1, 2, 3, 4, 5, 0, 6, 0));
        var file = SafetensorsFile.Open(FilePath);
        Assert.Equal([1L, 2, 3, 4], file["a"].ToInt64());
        Assert.Equal([5L, 6], file["b"].ToInt64());
        Assert.Equal([3, 0], file["none"].ToTensor().Shape.ToArray());
        Assert.Equal("pt", file.Metadata["format"]);
    }

    [Fact]
    public void Open_NoTensors_GivesNone()
    {
        File.WriteAllBytes(FilePath, RawSafetensors.Bytes("{}"));
        Assert.Empty(SafetensorsFile.Open(FilePath).Weights);
    }

    [Fact]
    public void Indexer_NameThatIsNone_NamesTheNearest()
    {
        File.WriteAllBytes(FilePath, RawSafetensors.Bytes("{\"W_enc\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 1, 2));
        var e = Assert.Throws<WeightFileException>(() => SafetensorsFile.Open(FilePath)["W_dec"]);
        Assert.Contains("'W_enc'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NoSuchFile_IsRefused() => Refused("no such file");

    [Fact]
    public void Open_Folder_IsRefused()
    {
        Directory.CreateDirectory(FilePath);
        Refused("check");
    }

    [Theory, InlineData(0), InlineData(1), InlineData(7)]
    public void Open_TooShortForALength_IsRefused(int bytes)
    {
        File.WriteAllBytes(FilePath, new byte[bytes]);
        Refused($"the file has {bytes} bytes");
    }

    [Fact]
    public void Open_EightBytesOfZero_IsRefused()
    {
        File.WriteAllBytes(FilePath, new byte[8]);
        Refused("not the JSON");
    }

    [Fact]
    public void Open_HeaderCutShort_IsRefused()
    {
        File.WriteAllBytes(FilePath, RawSafetensors.Bytes("{" + A + "}")[..30]);
        Refused("but only 22 follow");
    }

    [Theory, InlineData(100_000_001UL), InlineData(ulong.MaxValue), InlineData(1UL << 63), InlineData((ulong)long.MaxValue)]
    public void Open_HeaderTooLong_IsRefusedWithoutReadingIt(ulong length)
    {
        using (var file = File.Create(FilePath))
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
            file.Write(bytes);
            file.SetLength(200_000_000); // sparse: takes no space
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused($"the header claims {length} bytes, the format allows 100000000");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Open_HeaderLongerThanTheFile_IsRefused()
    {
        File.WriteAllBytes(FilePath, [0xFF, 0xFF, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}']);
        Refused("the header claims 65535 bytes but only 2 follow");
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"a\"")]
    [InlineData("{\"a\":")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}")]
    [InlineData("{\"a\":7}")]
    [InlineData("{\"a\":[]}")]
    [InlineData("{\"a\":null}")]
    [InlineData("{,}")]
    [InlineData("{} {}")]
    [InlineData("{\"a\":{}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}")]
    [InlineData("{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"more\":1}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[\"2\"],\"data_offsets\":[0,8]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[[2]],\"data_offsets\":[0,8]}}")]
    [InlineData("{\"a\":{\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]}}")]
    [InlineData("{\"a\":{\"dtype\":null,\"shape\":[2],\"data_offsets\":[0,8]}}")]
    public void Open_HeaderThatIsNone_IsRefused(string header) => Refused(header, new byte[8]);

    [Fact]
    public void Open_HeaderThatIsNotUtf8_IsRefused()
    {
        var bytes = RawSafetensors.Bytes("{" + A + "}", new byte[8]);
        bytes[8 + 2] = 0xFF;
        File.WriteAllBytes(FilePath, bytes);
        Refused("");
    }

    [Fact]
    public void Open_NestedTooDeep_IsRefused() => Refused("{\"a\":" + new string('[', 100_000), []);

    [Fact]
    public void Open_SameNameTwice_IsRefused() => Refused("{" + A + "," + A + "}", new byte[8], "'a' is there twice");

    [Theory, InlineData("F128"), InlineData("f32"), InlineData("F8_E4M3"), InlineData("")]
    public void Open_UnknownElementType_IsRefused(string dtype) =>
        Refused($"{{\"a\":{{\"dtype\":\"{dtype}\",\"shape\":[2],\"data_offsets\":[0,8]}}}}", new byte[8], $"element type '{dtype}'");

    [Fact]
    public void Open_Overlap_IsRefused() =>
        Refused("{" + A + ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", new byte[12], "overlap");

    [Fact]
    public void Open_SameRangeTwice_IsRefused() =>
        Refused("{" + A + ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", new byte[8], "overlap");

    [Fact]
    public void Open_Hole_IsRefused() =>
        Refused("{" + A + ",\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]}}", new byte[16], "hole");

    [Fact]
    public void Open_HoleBeforeTheFirst_IsRefused() => Refused("{\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", new byte[8], "hole");

    [Fact]
    public void Open_RangeBeyondTheFile_IsRefused() => Refused("{" + A + "}", new byte[7], "bytes 0 to 8 of 7");

    [Fact]
    public void Open_RangeNearTheLargestNumber_IsRefused() =>
        Refused("{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[9223372036854775799,9223372036854775807]}}", new byte[8], "bytes 9223372036854775799");

    [Fact]
    public void Open_EndBeforeBegin_IsRefused() => Refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", new byte[8], "bytes 8 to 0");

    [Theory, InlineData("[3]", 12), InlineData("[]", 4), InlineData("[2,0]", 0), InlineData("[1]", 4)]
    public void Open_ShapeThatDoesNotFillItsRange_IsRefused(string shape, int takes) =>
        Refused($"{{\"a\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":[0,8]}}}}", new byte[8], $"takes {takes} bytes, but its range has 8");

    [Theory, InlineData("[-2]"), InlineData("[9223372036854775808]"), InlineData("[1e2]"), InlineData("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]")]
    public void Open_ShapeOutOfRange_IsRefused(string shape) =>
        Refused($"{{\"a\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":[0,8]}}}}", new byte[8], "shape out of range");

    [Theory, InlineData("[4611686018427387906]"), InlineData("[4294967296,4294967296]"), InlineData("[2,9223372036854775807]"), InlineData("[3037000500,3037000500,2]")]
    public void Open_ShapeWhoseSizeOverflows_IsRefused(string shape) =>
        Refused($"{{\"a\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":[0,8]}}}}", new byte[8], "more elements than a file can hold");

    // Nothing is there, yet its first dimension does not fit an int.
    [Fact]
    public void Open_HugeButEmptyShape_NeverReadsOutside()
    {
        File.WriteAllBytes(FilePath, RawSafetensors.Bytes("{\"a\":{\"dtype\":\"U8\",\"shape\":[1099511627776,0],\"data_offsets\":[0,0]}}"));
        var weight = SafetensorsFile.Open(FilePath)["a"];
        Assert.Equal(0, weight.Count);
        Assert.Empty(weight.ToInt64());
    }

    [Fact]
    public void Open_TrailingBytes_AreRefused() => Refused("{" + A + "}", new byte[9], "end at byte 8 but the file has 9 bytes");

    [Fact]
    public void Open_DataWithoutTensors_IsRefused() => Refused("{}", new byte[4], "end at byte 0 but the file has 4 bytes");

    [Theory, InlineData("{\"step\":7}", "'step'"), InlineData("{\"a\":null}", "'a'"), InlineData("{\"a\":{\"b\":\"c\"}}", "'a'"), InlineData("[]", "'__metadata__'"), InlineData("\"pt\"", "'__metadata__'")]
    public void Open_MetadataThatIsNotText_IsRefused(string metadata, string named) =>
        Refused($"{{\"__metadata__\":{metadata},{A}}}", new byte[8], named);

    private void Refused(string header, byte[] data, string named = "")
    {
        File.WriteAllBytes(FilePath, RawSafetensors.Bytes(header, data));
        Refused(named);
    }

    private void Refused(string named)
    {
        var e = Assert.Throws<WeightFileException>(() => SafetensorsFile.Open(FilePath));
        Assert.Equal(FilePath, e.Path);
        Assert.StartsWith(FilePath + ": ", e.Message, StringComparison.Ordinal);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        Assert.Contains(';', e.Message[FilePath.Length..]); // what was found; what to do
        Assert.True(Encoding.UTF8.GetByteCount(e.Message) < 2000);
    }
}
