using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>Sound NumPy archives in every form NumPy writes.</summary>
public sealed class NpzFileTests : IDisposable
{
    private static readonly float[] Six = [0, -1.5f, 2, 3.25f, -4, 5];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("<f4", DType.F32, new byte[] { 0, 0, 0xC0, 0x3F }, 1.5f)]
    [InlineData(">f4", DType.F32, new byte[] { 0x3F, 0xC0, 0, 0 }, 1.5f)]
    [InlineData("=f4", DType.F32, new byte[] { 0, 0, 0xC0, 0x3F }, 1.5f)]
    [InlineData("<f2", DType.F16, new byte[] { 0, 0x36 }, 0.375f)]
    [InlineData(">f2", DType.F16, new byte[] { 0x36, 0 }, 0.375f)]
    [InlineData("<f8", DType.F64, new byte[] { 0, 0, 0, 0, 0, 0, 0xF8, 0xBF }, -1.5f)]
    [InlineData(">f8", DType.F64, new byte[] { 0xBF, 0xF8, 0, 0, 0, 0, 0, 0 }, -1.5f)]
    [InlineData("<i8", DType.I64, new byte[] { 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, -2f)]
    [InlineData("<i4", DType.I32, new byte[] { 0, 1, 0, 0 }, 256f)]
    [InlineData(">i4", DType.I32, new byte[] { 0, 0, 1, 0 }, 256f)]
    [InlineData("<i2", DType.I16, new byte[] { 0xFF, 0xFF }, -1f)]
    [InlineData("|i1", DType.I8, new byte[] { 0x80 }, -128f)]
    [InlineData("|u1", DType.U8, new byte[] { 0x80 }, 128f)]
    [InlineData("|b1", DType.Bool, new byte[] { 1 }, 1f)]
    public void Open_EveryElementType_ReadsItsValue(string descr, DType dtype, byte[] data, float value)
    {
        var weight = Open(new RawZip.Member("x.npy", RawNpz.Npy(descr, "(1,)", data)))["x"];
        Assert.Equal(dtype, weight.DType);
        Assert.Equal([value], weight.ToTensor().Span.ToArray());
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Open_EveryVersion_ReadsTheShape(byte version)
    {
        var weight = Open(new RawZip.Member("x.npy", RawNpz.Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", RawNpz.Bytes(Six), version)))["x"];
        Assert.Equal([2, 3], weight.Shape.ToArray());
        Assert.Equal(Six, weight.ToTensor().Span.ToArray());
    }

    [Theory]
    [InlineData("{'shape':(2,3),'fortran_order':False,'descr':'<f4'}")]
    [InlineData("  { \"descr\" : \"<f4\" , \"fortran_order\" : False , \"shape\" : ( 2 , 3 , ) , } ")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }")] // Python 2
    public void Open_OtherWriting_Reads(string header) =>
        Assert.Equal([2, 3], Open(new RawZip.Member("x.npy", RawNpz.Npy(header, RawNpz.Bytes(Six))))["x"].Shape.ToArray());

    [Theory, InlineData("()", 1), InlineData("(6,)", 6), InlineData("(1, 2, 3)", 6), InlineData("(0, 4)", 0)]
    public void Open_AnyRank_Reads(string shape, int count)
    {
        var weight = Open(new RawZip.Member("x.npy", RawNpz.Npy("<f4", shape, RawNpz.Bytes(Six[..count]))))["x"];
        Assert.Equal(count, weight.Count);
        Assert.Equal(Six[..count], weight.ToTensor().Span.ToArray());
    }

    // Every name length puts the elements at another offset; the kernels must not mind.
    [Theory, InlineData("<f4", 4), InlineData("<f2", 2)]
    public void Open_ElementsAtAnyAlignment_AreMultipliedInPlace(string descr, int size)
    {
        const int Rows = 37, Columns = 53;
        var random = new Random(11);
        var values = Enumerable.Range(0, Rows * Columns).Select(_ => (float)(Half)random.NextSingle()).ToArray();
        byte[] data = size == 4 ? RawNpz.Bytes(values) : [.. values.SelectMany(v => BitConverter.GetBytes((Half)v))];
        var aligned = Weight.FromBytes("x", size == 4 ? DType.F32 : DType.F16, data, Rows, Columns);
        for (var length = 1; length <= 8; length++)
        {
            var name = new string('x', length);
            var weight = Open(new RawZip.Member(name + ".npy", RawNpz.Npy(descr, $"({Rows}, {Columns})", data)))[name];
            foreach (var batch in (int[])[1, 9])
            {
                var (wanted, found) = (new float[batch * Columns], new float[batch * Columns]);
                Kernels.MatMul(values.AsSpan(0, batch * Rows), aligned, wanted);
                Kernels.MatMul(values.AsSpan(0, batch * Rows), weight, found);
                Assert.Equal(wanted, found);
                (wanted, found) = (new float[batch * Rows], new float[batch * Rows]);
                Kernels.Linear(values.AsSpan(0, batch * Columns), aligned, wanted);
                Kernels.Linear(values.AsSpan(0, batch * Columns), weight, found);
                Assert.Equal(wanted, found);
            }
        }
    }

    [Fact]
    public void Open_Deflated_ReadsTheSame()
    {
        var file = Open(new RawZip.Member("x.npy", RawNpz.Npy("<f4", "(2, 3)", RawNpz.Bytes(Six))) { Deflate = true, Zip64 = true });
        Assert.Equal(Six, file["x"].ToTensor().Span.ToArray());
        file.Verify();
    }

    // numpy.asfortranarray([[0, 1, 2], [3, 4, 5]]) lies in the file as 0 3 1 4 2 5.
    [Theory, InlineData(false, false), InlineData(true, false), InlineData(false, true), InlineData(true, true)]
    public void Open_ColumnMajor_IsTurned(bool deflate, bool bigEndian)
    {
        float[] columns = [0, 3, 1, 4, 2, 5];
        byte[] data = [.. columns.SelectMany(v => bigEndian ? BitConverter.GetBytes(v).Reverse() : BitConverter.GetBytes(v))];
        var weight = Open(new RawZip.Member("x.npy", RawNpz.Npy(bigEndian ? ">f4" : "<f4", "(2, 3)", data, fortran: true)) { Deflate = deflate })["x"];
        Assert.Equal([0, 1, 2, 3, 4, 5], weight.ToTensor().Span.ToArray());
        Assert.Equal([2, 3], weight.Shape.ToArray());
    }

    [Fact]
    public void Open_ColumnMajorOfThreeDimensions_IsTurned()
    {
        // Element [i, j, k] of 2 × 3 × 4 is 100 i + 10 j + k; the first index runs fastest.
        var data = from k in Enumerable.Range(0, 4) from j in Enumerable.Range(0, 3) from i in Enumerable.Range(0, 2) select (float)((100 * i) + (10 * j) + k);
        var wanted = from i in Enumerable.Range(0, 2) from j in Enumerable.Range(0, 3) from k in Enumerable.Range(0, 4) select (float)((100 * i) + (10 * j) + k);
        var weight = Open(new RawZip.Member("x.npy", RawNpz.Npy("<f4", "(2, 3, 4)", RawNpz.Bytes([.. data]), fortran: true)))["x"];
        Assert.Equal(wanted, weight.ToTensor().Span.ToArray());
    }

    [Fact]
    public void Open_SeveralMembers_NamesTheArraysAndPassesOverTheRest()
    {
        var array = RawNpz.Npy("|u1", "()", [7]);
        var file = Open(new RawZip.Member("W_enc.npy", array), new RawZip.Member("readme.txt", [1]), new RawZip.Member("sub/b.npy", array), new RawZip.Member("sub/", []));
        Assert.Equal(["W_enc", "sub/b"], file.Weights.Keys);
        Assert.Equal(["W_enc", "sub/b"], WeightSource.Of(file).Names);
        Assert.Contains("'W_enc'", Assert.Throws<WeightFileException>(() => file["w_dec"]).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("gemma_2_res"), InlineData("gemma_2_att"), InlineData("gemma_2_mlp"), InlineData("gemma_2_transcoder")]
    public void Open_ArchiveWrittenByNumPy_HoldsTheSaesArrays(string layout)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "saes", "layouts", layout);
        var golden = SafetensorsFile.Open(Path.Combine(folder, "golden.safetensors"));
        var file = NpzFile.Open(Directory.GetFiles(folder, "params.npz", SearchOption.AllDirectories).Single());
        file.Verify();
        foreach (var name in (string[])["W_enc", "W_dec", "b_enc", "b_dec", "threshold"])
        {
            var (wanted, found) = (golden["state." + name], file.Weights.Single(w => string.Equals(w.Key, name, StringComparison.OrdinalIgnoreCase)).Value);
            Assert.Equal(wanted.Shape.ToArray(), found.Shape.ToArray());
            Assert.Equal(wanted.ToTensor().Span.ToArray(), found.ToTensor().Span.ToArray());
        }
    }

    private NpzFile Open(params RawZip.Member[] members) => RawNpz.Open(_folder.PathOf("x.npz"), members);
}
