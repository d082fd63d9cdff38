using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>What is written comes back, whole or not at all.</summary>
public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Save_ThenOpen_GivesTheSameBits()
    {
        var writer = new SafetensorsWriter();
        float[] values = [1.5f, -0f, float.NaN, float.NegativeInfinity, float.Epsilon, float.MaxValue];
        writer.Add("blocks.0.hook_resid_post", new Tensor(values, 2, 3));
        writer.Add("näme \"quoted\"", new Tensor(new float[] { 7 }));
        writer.Add("tokens", [long.MinValue, -1, 0, long.MaxValue]);
        writer.Add("empty", Tensor.Zeros(0, 4));
        writer.AddMetadata("model", "täle\n\"grid\"");
        writer.AddMetadata("seed", "1");
        var path = _folder.PathOf("out.safetensors");
        writer.Save(path);

        var file = SafetensorsFile.Open(path);
        Assert.Equal(["blocks.0.hook_resid_post", "empty", "näme \"quoted\"", "tokens"], file.Weights.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(values.Select(BitConverter.SingleToInt32Bits), file["blocks.0.hook_resid_post"].ToTensor().Memory.ToArray().Select(BitConverter.SingleToInt32Bits));
        Assert.Equal([2, 3], file["blocks.0.hook_resid_post"].Shape.ToArray());
        Assert.Empty(file["näme \"quoted\""].Shape.ToArray());
        Assert.Equal([long.MinValue, -1, 0, long.MaxValue], file["tokens"].ToInt64());
        Assert.Equal([0, 4], file["empty"].Shape.ToArray());
        Assert.Equal("täle\n\"grid\"", file.Metadata["model"]);
        Assert.Equal(2, file.Metadata.Count);
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    // 8 bytes of length and a header of a multiple of 8, so that 64-bit readers find their numbers aligned.
    [Fact]
    public void Save_AnyHeader_AlignsTheData()
    {
        for (var length = 1; length < 10; length++)
        {
            var writer = new SafetensorsWriter();
            writer.Add(new string('n', length), [1L]);
            var path = _folder.PathOf("out.safetensors");
            writer.Save(path);
            var bytes = File.ReadAllBytes(path);
            Assert.Equal(0, bytes.Length % 8);
            Assert.Equal(0, BitConverter.ToInt64(bytes) % 8);
            Assert.Equal((byte)'{', bytes[8]);
        }
    }

    [Fact]
    public void Save_NothingAdded_IsASoundFile()
    {
        var path = _folder.PathOf("out.safetensors");
        new SafetensorsWriter().Save(path);
        Assert.Empty(SafetensorsFile.Open(path).Weights);
    }

    [Fact]
    public void Save_FolderThatIsNotThere_IsMade()
    {
        var path = Path.Combine(_folder.Path, "a", "b", "out.safetensors");
        new SafetensorsWriter().Save(path);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void Save_OverAnOlderFile_ReplacesItWholeAndLeavesItsReaders()
    {
        var path = _folder.PathOf("out.safetensors");
        One(1).Save(path);
        var old = SafetensorsFile.Open(path);
        One(2).Save(path);
        Assert.Equal(1, old["a"].ToTensor().Span[0]);
        Assert.Equal(2, SafetensorsFile.Open(path)["a"].ToTensor().Span[0]);
    }

    [Fact]
    public void Save_PathIsAFolder_FailsAndLeavesNothing()
    {
        var path = _folder.PathOf("out.safetensors");
        Directory.CreateDirectory(path);
        var e = Assert.Throws<WeightFileException>(() => One(1).Save(path));
        Assert.Equal(path, e.Path);
        Assert.Empty(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Save_ParentIsAFile_FailsAndLeavesNothing()
    {
        var file = _folder.Write("parent", "text");
        Assert.Throws<WeightFileException>(() => One(1).Save(Path.Combine(file, "out.safetensors")));
        Assert.Equal([file], Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Save_MemoryGoneBeforeTheEnd_KeepsTheOlderFileAndLeavesNothingElse()
    {
        var path = _folder.PathOf("out.safetensors");
        One(1).Save(path);
        var owner = new LostMemory();
        var writer = One(2);
        writer.Add("lost", new Tensor(owner.Memory, 4));
        owner.Lose();
        Assert.Throws<ObjectDisposedException>(() => writer.Save(path));
        Assert.Equal(1, SafetensorsFile.Open(path)["a"].ToTensor().Span[0]);
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Theory, InlineData("a"), InlineData("__metadata__")]
    public void Add_NameThatIsTaken_IsRefused(string name)
    {
        var writer = One(1);
        Assert.Throws<ArgumentException>(() => writer.Add(name, Tensor.Zeros(1)));
        Assert.Throws<ArgumentException>(() => writer.Add(name, [1L]));
    }

    private static SafetensorsWriter One(float value)
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", new Tensor(new[] { value }, 1));
        return writer;
    }

    private sealed class LostMemory : System.Buffers.MemoryManager<float>
    {
        private float[]? _values = new float[4];

        public void Lose() => _values = null;

        public override Span<float> GetSpan()
        {
            ObjectDisposedException.ThrowIf(_values is null, this);
            return _values;
        }

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing) => Lose();
    }
}
