using System.Text;
using FeatureInterp.Models;

namespace FeatureInterp.Tests.Hub;

/// <summary>A path, then data/models, then the cache, then – when allowed – the hub.</summary>
public sealed class ModelLocatorTests : IDisposable
{
    private readonly CacheFixture _cache = new();

    public void Dispose() => _cache.Dispose();

    [Fact]
    public async Task Path_FolderOrGgufFile_ComesFirst()
    {
        var folder = Directory.CreateDirectory(_cache.PathOf("my-model")).FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), "{}");
        Assert.Equal(new ModelLocation("my-model", folder, IsGguf: false, ModelSource.Path), await FindAsync(folder));
        Assert.Equal("my-model", (await FindAsync(folder + Path.DirectorySeparatorChar)).Name);
        var file = _cache.PathOf("tiny.Q8_0.gguf");
        File.WriteAllText(file, "");
        Assert.Equal(new ModelLocation("tiny.Q8_0", file, IsGguf: true, ModelSource.Path), await FindAsync(file));
    }

    [Fact]
    public async Task Path_FolderWithOneGgufFileOnly_IsTheFile()
    {
        var folder = Directory.CreateDirectory(_cache.PathOf("folder")).FullName;
        File.WriteAllText(Path.Combine(folder, "x.gguf"), "");
        Assert.Equal(Path.Combine(folder, "x.gguf"), (await FindAsync(folder)).Path);
        File.WriteAllText(Path.Combine(folder, "config.json"), "{}");
        Assert.Equal(folder, (await FindAsync(folder)).Path);
    }

    [Fact]
    public async Task Path_OtherFile_IsRefused()
    {
        File.WriteAllText(_cache.PathOf("model.safetensors"), "");
        var e = await Assert.ThrowsAsync<ModelFileException>(() => FindAsync(_cache.PathOf("model.safetensors")));
        Assert.Contains("give the folder it is in", e.Message);
    }

    [Fact]
    public async Task Data_ComesBeforeTheCache()
    {
        _cache.AddModel("models--talegrid-6m");
        var found = await FindAsync("talegrid-6m");
        Assert.Equal((ModelSource.Data, "talegrid-6m"), (found.Source, found.Name));
        Assert.EndsWith(Path.Combine("data", "models", "talegrid-6m"), found.Path);
    }

    [Fact]
    public async Task Cache_WholeModel_IsFoundUnderItsName()
    {
        var folder = _cache.AddModel("models--org--name");
        Assert.Equal(new ModelLocation("name", folder, IsGguf: false, ModelSource.Cache, CacheFixture.CommitOf('a')), await FindAsync("org/name"));
    }

    [Fact]
    public async Task Cache_ModelBehindLinks_Runs()
    {
        foreach (var file in new[] { "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json" })
            _cache.Add("models--org--tales", 'a', file, File.ReadAllBytes(Repository.Data("models", "talegrid-6m", file)));
        _cache.AddRef("models--org--tales", "main", 'a');
        var model = Transformer.Load((await FindAsync("org/tales")).Path);
        Assert.Equal(
            Transformer.Load(Repository.Data("models", "talegrid-6m")).Run("Once upon", cancellation: TestContext.Current.CancellationToken).Logits[0].Span.ToArray(),
            model.Run("Once upon", cancellation: TestContext.Current.CancellationToken).Logits[0].Span.ToArray());
    }

    [Fact]
    public async Task Cache_ByDownloadAllowed_IsUsedWithoutAskingTheHub()
    {
        var folder = _cache.AddModel("models--org--name");
        // The settings forbid any connection.
        Assert.Equal(folder, (await new ModelLocator(_cache.Settings).FindAsync("org/name", Download.Allowed, null, TestContext.Current.CancellationToken)).Path);
    }

    [Fact]
    public async Task Cache_Gguf_TheOnlyOneOrTheOneThatIsMeant()
    {
        var four = _cache.Add("models--org--name", 'a', "name-Q4_K_M.gguf", [1]);
        _cache.AddRef("models--org--name", "main", 'a');
        Assert.Equal(new ModelLocation("name-Q4_K_M", four, IsGguf: true, ModelSource.Cache, CacheFixture.CommitOf('a')), await FindAsync("org/name"));
        var eight = _cache.Add("models--org--name", 'a', "sub/name-Q8_0.gguf", [1]);
        Assert.Equal(eight, (await FindAsync("org/name:q8_0")).Path);
        Assert.Equal(four, (await FindAsync("org/name:name-Q4_K_M.gguf")).Path);
        Assert.Contains("choose one, as in org/name:name-Q4_K_M.gguf", (await FailsAsync("org/name")).Message);
        Assert.Contains("the file 'Q2_K' is missing", (await FailsAsync("org/name:Q2_K")).Message);
    }

    [Theory]
    [InlineData("config.json", "config.json is missing")]
    [InlineData("model.safetensors", "model.safetensors is missing")]
    public async Task Cache_InPart_SaysWhatIsMissing(string file, string says)
    {
        var folder = _cache.AddModel("models--org--name");
        File.Delete(Path.Combine(folder, file));
        var e = await FailsAsync("org/name");
        Assert.Contains(says, e.Message);
        Assert.Contains("--download", e.Message);
    }

    [Fact]
    public async Task Cache_ShardWhoseBlobIsGone_IsMissing()
    {
        _cache.Add("models--org--name", 'a', "config.json", Encoding.UTF8.GetBytes(CacheFixture.Config));
        _cache.AddRef("models--org--name", "main", 'a');
        _cache.Add("models--org--name", 'a', "model.safetensors.index.json", Encoding.UTF8.GetBytes("""{"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}"""));
        _cache.Add("models--org--name", 'a', "model-1.safetensors", [1]);
        var second = _cache.Add("models--org--name", 'a', "model-2.safetensors", [1]);
        Assert.False((await FindAsync("org/name")).IsGguf);
        File.Delete(new FileInfo(second).ResolveLinkTarget(true)!.FullName);
        Assert.Contains("model-2.safetensors is missing", (await FailsAsync("org/name")).Message);
    }

    [Theory]
    [InlineData("org/nmae", "the nearest name is 'org/name'", "--download")]
    [InlineData("talegrid-5m", "the nearest name is 'talegrid-6m'", "data/models has only: talegrid-6m")]
    [InlineData("./no/such/folder", "check the path", "folder")]
    [InlineData("", "check the path", "folder")]
    [InlineData("../../etc", "check the path", "folder")]
    public async Task Nowhere_IsOneSentenceOfWhatWasLookedAt(string name, params string[] says)
    {
        _cache.AddModel("models--org--name");
        var e = await FailsAsync(name);
        Assert.All(says, s => Assert.Contains(s, e.Message));
        Assert.DoesNotContain('\n', e.Message);
        Assert.Equal(name.Contains("..", StringComparison.Ordinal) || name.Length == 0 || name[0] == '.', !e.Message.Contains("--download", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nowhere_OverlongName_IsCut() => Assert.True((await FailsAsync(new string('x', 50_000))).Message.Length < 600);

    [Fact]
    public async Task DownloadAllowed_Offline_SaysSo()
    {
        var e = await Assert.ThrowsAsync<HubException>(() => new ModelLocator(_cache.Settings).FindAsync("org/name", Download.Allowed));
        Assert.Equal(HubFault.Offline, e.Fault);
    }

    [Fact]
    public async Task DownloadAllowed_FetchesOnceAndForAll()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(100_000, shards: 2);
        var locator = new ModelLocator(work.Hub.Settings(work.Cache));
        await Assert.ThrowsAsync<ModelFileException>(() => locator.FindAsync(FakeHub.Id));
        Assert.Empty(work.Hub.Requests);
        Assert.Equal(new ModelLocation("tiny-model", work.Snapshot, IsGguf: false, ModelSource.Hub, FakeHub.Commit), await locator.FindAsync(FakeHub.Id, Download.Allowed));
        var asked = work.Hub.Requests.Count;
        Assert.Equal(ModelSource.Cache, (await locator.FindAsync(FakeHub.Id, Download.Allowed)).Source);
        Assert.Equal(asked, work.Hub.Requests.Count);
    }

    [Fact]
    public async Task DownloadAllowed_InPart_FetchesTheRest()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(100_000);
        var locator = new ModelLocator(work.Hub.Settings(work.Cache));
        await locator.FindAsync(FakeHub.Id, Download.Allowed);
        File.Delete(Path.Combine(work.Repository, "blobs", work.Hub.Files["model.safetensors"].ETag));
        Assert.Equal(ModelSource.Hub, (await locator.FindAsync(FakeHub.Id, Download.Allowed)).Source);
        work.AssertWhole();
    }

    private Task<ModelLocation> FindAsync(string model) => new ModelLocator(_cache.Settings).FindAsync(model, cancellation: TestContext.Current.CancellationToken);

    private async Task<ModelFileException> FailsAsync(string model) => await Assert.ThrowsAsync<ModelFileException>(() => FindAsync(model));
}
