using FeatureInterp.Models;

namespace FeatureInterp.Tests.Hub;

/// <summary>What is on this machine, told without loading it.</summary>
public sealed class ModelInventoryTests : IDisposable
{
    private readonly CacheFixture _cache = new();

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void List_Cache_TellsSizeAndNeed()
    {
        var folder = _cache.AddModel("models--org--name");
        var model = One("org/name");
        Assert.Equal((folder, ModelSource.Cache, "Gemma2ForCausalLM", "F32"), (model.Path, model.Source, model.Architecture, model.DType));
        Assert.Equal((6L, (long)_cache.Weights().Length), (model.Parameters, model.WeightBytes));
        // 2 (keys and values) · 3 layers · 2 heads · 8 · 4 bytes
        Assert.Equal(384, model.KeyValueBytesPerToken);
        Assert.Null(model.Problem);
    }

    [Fact]
    public void List_Data_ComesFirst()
    {
        var model = new ModelInventory(_cache.Settings).List()[0];
        Assert.Equal(("talegrid-6m", ModelSource.Data, "BF16"), (model.Name, model.Source, model.DType));
        using var file = File.OpenRead(Repository.Data("models", "talegrid-6m", "model.safetensors"));
        using var reader = new BinaryReader(file);
        Assert.Equal((file.Length - 8 - reader.ReadInt64()) / 2, model.Parameters);
        Assert.Equal(2 * 6 * 2 * 64 * 4, model.KeyValueBytesPerToken);
    }

    [Fact]
    public void List_SnapshotWithoutMain_IsCalledByItsTagOrCommit()
    {
        _cache.AddModel("models--org--name", 'a', "v1");
        _cache.AddModel("models--org--name", 'b', null);
        Assert.NotNull(One("org/name@v1"));
        Assert.NotNull(One("org/name@" + CacheFixture.CommitOf('b')));
    }

    [Theory]
    [InlineData("model.safetensors", "model.safetensors missing")]
    public void List_InPart_SaysSo(string file, string says)
    {
        File.Delete(Path.Combine(_cache.AddModel("models--org--name"), file));
        Assert.Equal(says, One("org/name").Problem);
    }

    [Fact]
    public void List_UnknownArchitecture_CannotBeLoaded()
    {
        _cache.AddModel("models--org--name");
        var model = new ModelInventory(_cache.Settings) { Supports = a => a is "Other" }.List().Single(m => m.Name == "org/name");
        Assert.Equal("Gemma2ForCausalLM is not implemented", model.Problem);
    }

    [Fact]
    public void List_Gguf_IsReadByWhoCan()
    {
        _cache.Add("models--org--name", 'a', "x-Q8_0.gguf", [1, 2, 3]);
        _cache.AddRef("models--org--name", "main", 'a');
        Assert.NotNull(One("org/name:x-Q8_0.gguf").Problem);
        var read = new ModelInventory(_cache.Settings)
        {
            ReadGguf = path => new ModelSummary { Name = "", Path = path, Source = ModelSource.Path, Architecture = "llama", DType = "Q8_0" },
            Supports = a => a is "llama",
        }.List().Single(m => m.Source == ModelSource.Cache);
        Assert.Equal(("org/name:x-Q8_0.gguf", "llama", "Q8_0", 3L, null), (read.Name, read.Architecture, read.DType, read.WeightBytes, read.Problem));
    }

    [Theory]
    [InlineData("""{"model_type":"gpt2","n_layer":2,"n_head":4,"n_embd":32}""", 2 * 2 * 4 * 8 * 4)]
    [InlineData("""{"model_type":"gemma3","text_config":{"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":1,"head_dim":16,"hidden_size":32}}""", 2 * 2 * 1 * 16 * 4)]
    [InlineData("""{"model_type":"x","num_hidden_layers":2}""", null)]
    public void KeyValueBytes_OfEveryFamilysNames(string config, int? bytes)
    {
        File.WriteAllText(_cache.PathOf("config.json"), config);
        Assert.Equal(bytes, ModelConfigSummary.Read(_cache.PathOf("config.json")).KeyValueBytes);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"architectures":7}""")]
    [InlineData("""{"architectures":["X"],"num_hidden_layers":-1}""")]
    public void List_HostileConfig_IsAProblemNotACrash(string config)
    {
        var folder = _cache.AddModel("models--org--name");
        File.Delete(Path.Combine(folder, "config.json"));
        File.WriteAllText(Path.Combine(folder, "config.json"), config);
        Assert.NotNull(One("org/name").Problem);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"weight_map":{"a":"../../../outside.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":7}}""")]
    public void List_HostileIndex_IsAProblemNotACrash(string index)
    {
        var folder = _cache.AddModel("models--org--name");
        File.Delete(Path.Combine(folder, "model.safetensors"));
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), index);
        Assert.NotNull(One("org/name").Problem);
    }

    [Fact]
    public void List_DamagedWeights_IsAProblemNotACrash()
    {
        var folder = _cache.AddModel("models--org--name");
        File.Delete(Path.Combine(folder, "model.safetensors"));
        File.WriteAllText(Path.Combine(folder, "model.safetensors"), "not at all");
        Assert.Contains("model.safetensors", One("org/name").Problem);
    }

    [Fact]
    public void List_Folder_IsSearchedAndOtherConfigsAreLeftOut()
    {
        var root = _cache.PathOf("mine");
        foreach (var (folder, config) in new[] { ("a/model", CacheFixture.Config), ("sae", """{"d_sae":7}""") })
        {
            Directory.CreateDirectory(Path.Combine(root, folder));
            File.WriteAllText(Path.Combine(root, folder, "config.json"), config);
        }

        File.WriteAllBytes(Path.Combine(root, "a", "model", "model.safetensors"), _cache.Weights());
        File.WriteAllText(Path.Combine(root, "b.gguf"), "");
        var found = new ModelInventory(_cache.Settings).List(root).Where(m => m.Source == ModelSource.Path);
        Assert.Equal([Path.Combine(root, "b.gguf"), Path.Combine(root, "a/model")], found.Select(m => m.Name));
    }

    [Fact]
    public void List_FolderThatIsNotThere_IsSaid() =>
        Assert.Throws<ModelFileException>(() => new ModelInventory(_cache.Settings).List(_cache.PathOf("nowhere")));

    private ModelSummary One(string name) => new ModelInventory(_cache.Settings).List().Single(m => m.Name == name);
}
