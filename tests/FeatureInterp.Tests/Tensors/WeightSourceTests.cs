using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>A checkpoint found in a folder: what is taken first, what it says of itself, and what is said when nothing is there.</summary>
public sealed class WeightSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OpenFolder_OneFile_GivesItsArrays()
    {
        Write("model.safetensors", ("b", 3), ("a", 4));
        var source = WeightSource.OpenFolder(_folder.Path);
        var path = _folder.PathOf("model.safetensors");
        Assert.Equal(path, source.Path);
        Assert.Equal([path], source.Files);
        Assert.Equal(["b", "a"], source.Names);
        Assert.Equal(28, source.TotalBytes);
        Assert.Equal([1, 2, 3], source["b"].ToTensor().Span.ToArray());
        Assert.Same(source["a"], source.TryFind("a"));
        Assert.Equal(path, source.PathOf("a"));
    }

    [Fact]
    public void OpenFolder_FileAndIndex_TakesTheFile()
    {
        Write("model.safetensors", ("a", 1));
        _folder.Write("model.safetensors.index.json", "not even JSON");
        Assert.Equal(["a"], WeightSource.OpenFolder(_folder.Path).Names);
    }

    [Fact]
    public void Indexer_NameThatIsNone_NamesTheNearestAndTheFile()
    {
        Write("model.safetensors", ("wte.weight", 1), ("wpe.bias", 1));
        var source = WeightSource.OpenFolder(_folder.Path);
        Assert.Null(source.TryFind("wte.wieght"));
        Assert.Equal(source.Path, source.PathOf("wte.wieght"));
        var e = Assert.Throws<WeightFileException>(() => source["wte.wieght"]);
        Assert.Equal(source.Path, e.Path);
        Assert.Contains("'wte.weight'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenFolder_Empty_SaysWhatWasLookedFor()
    {
        _folder.Write("config.json", "{}");
        var e = Assert.Throws<WeightFileException>(() => WeightSource.OpenFolder(_folder.Path));
        Assert.Contains("model.safetensors, model.safetensors.index.json", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenFolder_NoSuchFolder_IsRefused()
    {
        var e = Assert.Throws<WeightFileException>(() => WeightSource.OpenFolder(_folder.PathOf("nowhere")));
        Assert.Contains("no such folder", e.Message, StringComparison.Ordinal);
    }

    private void Write(string file, params (string Name, int Length)[] arrays)
    {
        var raw = new RawSafetensors();
        foreach (var (name, length) in arrays)
            raw.Add(name, DType.F32, [length], [.. Enumerable.Range(1, length).Select(i => (float)i)]);
        raw.Save(_folder.PathOf(file));
    }
}
