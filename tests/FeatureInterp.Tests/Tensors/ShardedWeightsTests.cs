using FeatureInterp.Tensors;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests;

/// <summary>Sharded checkpoints, sound and spoilt: one test a malformation, one exception for all.</summary>
public sealed class ShardedWeightsTests : IDisposable
{
    private const string First = "model-00001-of-00002.safetensors";
    private const string Second = "model-00002-of-00002.safetensors";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string IndexPath => _folder.PathOf("model.safetensors.index.json");

    [Fact]
    public void OpenFolder_Shards_GivesEveryArrayFromItsShard()
    {
        WriteShards();
        WriteIndex($"{{\"metadata\":{{\"total_size\":1.0,\"total_parameters\":7}},{Map(("c", Second), ("a", First), ("b", First))}}}");
        var source = WeightSource.OpenFolder(_folder.Path);
        Assert.Equal(IndexPath, source.Path);
        Assert.Equal([IndexPath, _folder.PathOf(Second), _folder.PathOf(First)], source.Files);
        Assert.Equal(["c", "a", "b"], source.Names);
        Assert.Equal(4 * (1 + 2 + 3), source.TotalBytes);
        Assert.Equal([1, 2], source["b"].ToTensor().Span.ToArray());
        Assert.Equal([1, 2, 3], source["c"].ToTensor().Span.ToArray());
        Assert.Equal(_folder.PathOf(First), source.PathOf("a"));
        Assert.Equal(_folder.PathOf(Second), source.PathOf("c"));
        Assert.Contains("'b'", Assert.Throws<WeightFileException>(() => source["bb"]).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("gpt2_bf16"), InlineData("gemma2_bf16")]
    public void OpenFolder_ShardsWrittenByThePeers_HoldEveryArrayOfTheIndex(string model)
    {
        Assert.SkipWhen(Repository.Shared is null, "the peers' goldens are not here");
        var folder = Path.Combine(Repository.Shared!, "goldens", "models", model);
        var source = WeightSource.OpenFolder(folder);
        using var index = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "model.safetensors.index.json")));
        Assert.Equal(index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64(), source.TotalBytes);
        foreach (var entry in index.RootElement.GetProperty("weight_map").EnumerateObject())
        {
            Assert.Equal(Path.Combine(folder, entry.Value.GetString()!), source.PathOf(entry.Name));
            Assert.Equal(SafetensorsFile.Open(source.PathOf(entry.Name))[entry.Name].ToTensor().Span.ToArray(), source[entry.Name].ToTensor().Span.ToArray());
        }
    }

    [Theory]
    [InlineData("", "not the JSON")]
    [InlineData("{", "not the JSON")]
    [InlineData("[]", "does not start with '{'")]
    [InlineData("{} {}", "not the JSON")]
    [InlineData("{}", "no 'weight_map'")]
    [InlineData("{\"weight_map\":{}}", "no 'weight_map'")]
    [InlineData("{\"weight_map\":[]}", "'weight_map' is not an object")]
    [InlineData("{\"weight_map\":null}", "'weight_map' is not an object")]
    [InlineData("{\"weight_map\":{\"a\":1}}", "no file name for 'a'")]
    [InlineData("{\"weight_map\":{\"a\":null}}", "no file name for 'a'")]
    [InlineData("{\"weight_map\":{\"a\":[\"x\"]}}", "no file name for 'a'")]
    [InlineData("{\"weight_map\":{\"a\":\"x\",\"a\":\"x\"}}", "'a' twice")]
    [InlineData("{\"weight_map\":{\"a\":\"x\"},\"weight_map\":{\"b\":\"y\"}}", "'weight_map' is there twice")]
    public void Open_IndexThatIsNone_IsRefused(string json, string named)
    {
        WriteIndex(json);
        Refused(named);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../secret.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("sub/model.safetensors")]
    [InlineData("..\\\\secret.safetensors")]
    [InlineData("C:x.safetensors")]
    [InlineData("x\\u0000.safetensors")]
    [InlineData("x\\n.safetensors")]
    public void Open_ShardOutsideTheFolder_IsRefused(string shard)
    {
        WriteMap(("a", shard));
        Refused("plain file name");
    }

    [Fact]
    public void Open_ShardNameTooLong_IsRefused()
    {
        WriteMap(("a", new string('x', 256)));
        Refused("plain file name");
    }

    [Fact]
    public void Open_IndexTooLong_IsRefusedWithoutReadingIt()
    {
        using (var file = File.Create(IndexPath))
            file.SetLength((64 << 20) + 1); // sparse: takes no space
        Refused("has 67108865 bytes");
    }

    [Fact]
    public void Open_MissingShard_NamesItAndWhatShouldBeInIt()
    {
        WriteShards();
        WriteMap(("a", First), ("b", First), ("c", "gone.safetensors"), ("d", "gone.safetensors"));
        Refused("the shard 'gone.safetensors' is not beside the index, and 'c' should be in it (with 1 other arrays)");
    }

    [Fact]
    public void Open_ArrayThatItsShardLacks_IsRefused()
    {
        WriteShards();
        WriteMap(("a", First), ("b", First), ("c", Second), ("d", Second));
        Refused($"looks for 'd' in the shard '{Second}'");
    }

    [Fact]
    public void Open_ArrayTheIndexDoesNotName_IsRefused()
    {
        WriteShards();
        WriteMap(("a", First), ("c", Second));
        Refused($"the shard '{First}' holds 'b', which the index does not name");
    }

    [Fact]
    public void Open_ArrayInAnotherShardThanTheIndexSays_IsRefused()
    {
        WriteShards();
        WriteMap(("a", First), ("b", Second), ("c", Second));
        Refused($"the shard '{First}' holds 'b', which the index looks for in '{Second}'");
    }

    [Fact]
    public void Open_SameArrayInTwoShards_IsRefused()
    {
        WriteShards();
        Shard(Second, ("c", 3), ("a", 1));
        WriteMap(("a", First), ("b", First), ("c", Second));
        Refused($"the shard '{Second}' holds 'a', which the index looks for in '{First}'");
    }

    [Fact]
    public void Open_ShardCutShort_NamesTheShard()
    {
        WriteShards();
        using (var file = File.OpenWrite(_folder.PathOf(Second)))
            file.SetLength(file.Length - 1);
        WriteMap(("a", First), ("b", First), ("c", Second));
        var e = Assert.Throws<WeightFileException>(() => WeightSource.OpenFolder(_folder.Path));
        Assert.Equal(_folder.PathOf(Second), e.Path);
    }

    private void WriteShards()
    {
        Shard(First, ("a", 1), ("b", 2));
        Shard(Second, ("c", 3));
    }

    private void Shard(string file, params (string Name, int Length)[] arrays)
    {
        var raw = new RawSafetensors();
        foreach (var (name, length) in arrays)
            raw.Add(name, DType.F32, [length], [.. Enumerable.Range(1, length).Select(i => (float)i)]);
        raw.Save(_folder.PathOf(file));
    }

    private void WriteMap(params (string Name, string Shard)[] entries) => WriteIndex("{" + Map(entries) + "}");

    private static string Map(params (string Name, string Shard)[] entries) =>
        "\"weight_map\":{" + string.Join(",", entries.Select(e => $"\"{e.Name}\":\"{e.Shard}\"")) + "}";

    private void WriteIndex(string json) => File.WriteAllText(IndexPath, json);

    private void Refused(string named)
    {
        var e = Assert.Throws<WeightFileException>(() => WeightSource.OpenFolder(_folder.Path));
        Assert.Equal(IndexPath, e.Path);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        Assert.Contains(';', e.Message[IndexPath.Length..]); // what was found; what to do
    }
}
