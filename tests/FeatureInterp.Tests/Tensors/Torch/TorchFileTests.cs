using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>Sound files of torch.save: element types, views, strides, containers.</summary>
public sealed class TorchFileTests : IDisposable
{
    private static readonly byte[] Twelve = RawNpz.Bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string FilePath => _folder.PathOf("x.pt");

    [Theory]
    [InlineData("FloatStorage", DType.F32, new byte[] { 0, 0, 0xC0, 0x3F }, 1.5f)]
    [InlineData("HalfStorage", DType.F16, new byte[] { 0, 0x36 }, 0.375f)]
    [InlineData("BFloat16Storage", DType.BF16, new byte[] { 0xC0, 0x3F }, 1.5f)]
    [InlineData("DoubleStorage", DType.F64, new byte[] { 0, 0, 0, 0, 0, 0, 0xF8, 0xBF }, -1.5f)]
    [InlineData("LongStorage", DType.I64, new byte[] { 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, -2f)]
    [InlineData("IntStorage", DType.I32, new byte[] { 0, 1, 0, 0 }, 256f)]
    [InlineData("ShortStorage", DType.I16, new byte[] { 0xFF, 0xFF }, -1f)]
    [InlineData("CharStorage", DType.I8, new byte[] { 0x80 }, -128f)]
    [InlineData("ByteStorage", DType.U8, new byte[] { 0x80 }, 128f)]
    [InlineData("BoolStorage", DType.Bool, new byte[] { 1 }, 1f)]
    [InlineData("UntypedStorage", DType.U8, new byte[] { 7 }, 7f)]
    public void Open_EveryElementType_ReadsItsValue(string kind, DType dtype, byte[] data, float value)
    {
        var file = RawTorch.Open(FilePath, new RawPickle().Dict(("w", p => p.Tensor(kind, "0", 1, 0, [1], [1]))), ("0", data));
        Assert.Equal(dtype, file["w"].DType);
        Assert.Equal([value], file["w"].ToTensor().Span.ToArray());
        file.Verify();
    }

    [Fact]
    public void Open_Containers_AreJoinedByDots()
    {
        var file = RawTorch.Open(FilePath, new RawPickle().Dict(
            ("model", p => p.Dict(("W.enc", q => Whole(q)), ("layers", q => q.List(r => Whole(r), r => r.Tuple(s => Whole(s), s => s.Int(5)))))),
            ("cfg", p => p.Dict(("d_in", q => q.Int(768)), ("lr", q => q.Float(3e-4)), ("name", q => q.Text("x")), ("on", q => q.Bool(true)), ("none", q => q.None()), ("dtype", q => q.Global("torch", "float32")), ("empty", q => q.Op('}')))),
            ("shape", p => p.Global("torch", "Size").Numbers(2, 3).Op(0x85).Op('R'))), ("0", Twelve));
        Assert.Equal(["model.W.enc", "model.layers.0", "model.layers.1.0"], file.Weights.Keys);
        Assert.Equal(
            new Dictionary<string, object?>
            {
                ["model.layers.1.1"] = 5L, ["cfg.d_in"] = 768L, ["cfg.lr"] = 3e-4, ["cfg.name"] = "x", ["cfg.on"] = true, ["cfg.none"] = null, ["cfg.dtype"] = "torch.float32", ["shape.0"] = 2L, ["shape.1"] = 3L,
            },
            file.Values);
        Assert.Equal(file.Weights.Keys, WeightSource.Of(file).Names);
        Assert.Contains("'model.W.enc'", Assert.Throws<WeightFileException>(() => file["model.W_enc"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NumbersForKeys_AreText()
    {
        var file = RawTorch.Open(FilePath, new RawPickle().Op('}').Int(-3).Tensor("FloatStorage", "0", 12, 0, [12], [1]).Op('s'), ("0", Twelve));
        Assert.Equal(12, file["-3"].Count);
    }

    [Fact]
    public void Open_OneBareTensorOrStorage_HasTheEmptyName()
    {
        Assert.Equal([3, 4], RawTorch.Open(FilePath, Whole(new RawPickle()), ("0", Twelve))[""].Shape.ToArray());
        Assert.Equal([12], RawTorch.Open(FilePath, new RawPickle().Storage("FloatStorage", "0", 12), ("0", Twelve))[""].Shape.ToArray());
    }

    // Element [i, j] is at offset + i·stride₀ + j·stride₁ of 0, 1, 2, …
    [Theory]
    [InlineData(0, new long[] { 3, 4 }, new long[] { 4, 1 })]
    [InlineData(0, new long[] { 4, 3 }, new long[] { 1, 4 })]
    [InlineData(2, new long[] { 2, 3 }, new long[] { 4, 1 })]
    [InlineData(1, new long[] { 3, 2 }, new long[] { 4, 2 })]
    [InlineData(0, new long[] { 3, 2, 2 }, new long[] { 4, 2, 1 })]
    [InlineData(0, new long[] { 2, 2, 3 }, new long[] { 1, 2, 4 })]
    [InlineData(11, new long[] { }, new long[] { })]
    [InlineData(3, new long[] { 3 }, new long[] { 4 })]
    [InlineData(5, new long[] { 3, 4 }, new long[] { 0, 1 })] // expanded
    [InlineData(5, new long[] { 1000, 3 }, new long[] { 0, 0 })]
    [InlineData(0, new long[] { 5, 4 }, new long[] { 2, 1 })] // overlapping windows
    [InlineData(0, new long[] { 1, 12 }, new long[] { 999, 1 })] // the stride of one row says nothing
    [InlineData(12, new long[] { 0, 4 }, new long[] { 4, 1 })]
    public void Open_AnyStrides_GiveRowMajorElements(long offset, long[] shape, long[] strides)
    {
        var weight = RawTorch.Open(FilePath, new RawPickle().Dict(("w", p => p.Tensor("FloatStorage", "0", 12, offset, shape, strides))), ("0", Twelve))["w"];
        Assert.Equal(shape, weight.Shape.ToArray());
        var found = weight.ToTensor().Span.ToArray();
        for (var place = 0; place < found.Length; place++)
        {
            var (rest, element) = ((long)place, offset);
            for (var k = shape.Length - 1; k >= 0; k--)
            {
                element += rest % shape[k] * strides[k];
                rest /= shape[k];
            }

            Assert.Equal(element, found[place]);
        }
    }

    [Fact]
    public unsafe void Open_SharedStorage_IsNotCopied()
    {
        var file = RawTorch.Open(FilePath, new RawPickle().Dict(("a", p => Whole(p)), ("b", p => p.Tensor("FloatStorage", "0", 12, 4, [8], [1]))), ("0", Twelve));
        Assert.True(file["a"].Pointer + 16 == file["b"].Pointer);
        Assert.Equal([4, 5, 6, 7, 8, 9, 10, 11], file["b"].ToTensor().Span.ToArray());
    }

    [Fact]
    public unsafe void Open_SameTransposedTensorTwice_IsCopiedOnce()
    {
        var file = RawTorch.Open(FilePath, new RawPickle().Dict(("a", p => p.Tensor("FloatStorage", "0", 12, 0, [4, 3], [1, 4]).Put(200)), ("b", p => p.Get(200))), ("0", Twelve));
        Assert.True(file["a"].Pointer == file["b"].Pointer);
        Assert.Equal("b", file["b"].Name);
    }

    [Fact]
    public void Open_EmptyStorage_Reads() =>
        Assert.Equal(0, RawTorch.Open(FilePath, new RawPickle().Dict(("w", p => p.Tensor("FloatStorage", "0", 0, 0, [0, 4], [4, 1]))), ("0", []))["w"].Count);

    [Fact]
    public void Open_DeflatedAndWithoutByteOrder_Reads()
    {
        var members = RawTorch.Members(new RawPickle().Dict(("w", p => Whole(p))).Bytes, ("0", Twelve)).Where(m => m.Name != "x/byteorder").Select(m => m with { Deflate = true });
        var file = RawTorch.Open(FilePath, [.. members]);
        Assert.Equal(11, file["w"].ToTensor().Span[11]);
        file.Verify();
    }

    [Fact]
    public void OpenFolder_PytorchModel_GivesItsTensors()
    {
        File.WriteAllBytes(_folder.PathOf("pytorch_model.bin"), RawTorch.Bytes(new RawPickle().Dict(("w", p => Whole(p))), ("0", Twelve)));
        Assert.Equal(48, WeightSource.OpenFolder(_folder.Path).TotalBytes);
    }

    [Fact]
    public void OpenFolder_PytorchShards_GivesTheirTensors()
    {
        File.WriteAllBytes(_folder.PathOf("one.bin"), RawTorch.Bytes(new RawPickle().Dict(("a", p => Whole(p))), ("0", Twelve)));
        File.WriteAllBytes(_folder.PathOf("two.bin"), RawTorch.Bytes(new RawPickle().Dict(("b", p => Whole(p))), ("0", Twelve)));
        _folder.Write("pytorch_model.bin.index.json", "{\"weight_map\":{\"a\":\"one.bin\",\"b\":\"two.bin\"}}");
        var source = WeightSource.OpenFolder(_folder.Path);
        Assert.Equal(["a", "b"], source.Names);
        Assert.Equal(_folder.PathOf("two.bin"), source.PathOf("b"));
    }

    private static RawPickle Whole(RawPickle pickle) => pickle.Tensor("FloatStorage", "0", 12, 0, [3, 4], [4, 1]);
}
