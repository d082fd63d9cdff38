using FeatureInterp.Models;

namespace FeatureInterp.Tests.Hub;

/// <summary>Reading a cache that Python wrote, and one that nobody should have written.</summary>
public sealed class HubCacheTests : IDisposable
{
    private readonly CacheFixture _cache = new();

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void Find_ByBranchPullRequestCommitAndTag_GivesTheSnapshot()
    {
        var first = _cache.AddModel("models--org--name", 'a');
        var second = _cache.AddModel("models--org--name", 'b', "refs/pr/1");
        _cache.AddRef("models--org--name", "v1.0", 'b');
        Assert.Equal(first, Find("org/name")!.Folder);
        Assert.Equal(first, Find("org/name@main")!.Folder);
        Assert.Equal(second, Find("org/name@refs/pr/1")!.Folder);
        Assert.Equal(second, Find("org/name@" + CacheFixture.CommitOf('b'))!.Folder);
        Assert.Equal(["refs/pr/1", "v1.0"], Find("org/name@v1.0")!.Revisions);
        Assert.Null(Find("org/name@v2.0"));
        Assert.Null(Find("org/other"));
    }

    [Fact]
    public void Find_BareName_IsAnOldRepository()
    {
        var folder = _cache.AddModel("models--gpt2");
        Assert.Equal(folder, Find("gpt2")!.Folder);
    }

    [Theory]
    [InlineData("../../../..")]
    [InlineData("")]
    [InlineData("cccccccccccccccccccccccccccccccccccccccc")]
    public void Find_RefThatLeadsElsewhere_IsNotFollowed(string commit)
    {
        _cache.AddModel("models--org--name");
        File.WriteAllText(Path.Combine(_cache.Root, "models--org--name", "refs", "main"), commit);
        Assert.Null(Find("org/name"));
    }

    [Fact]
    public void Find_HugeRef_IsNotRead()
    {
        _cache.AddModel("models--org--name");
        File.WriteAllText(Path.Combine(_cache.Root, "models--org--name", "refs", "main"), new string('a', 1 << 20));
        Assert.Null(Find("org/name"));
    }

    [Fact]
    public void List_HasModelsOnlyInOrder()
    {
        _cache.AddModel("models--org--name");
        _cache.Add("models--org--files", 'a', "deep/er/x.gguf", [1]);
        _cache.AddRef("models--org--files", "main", 'a');
        _cache.Add("models--org--readme", 'a', "README.md", [1]);
        _cache.AddModel("datasets--org--data");
        _cache.AddModel("models--a--b--c--d");
        Directory.CreateDirectory(Path.Combine(_cache.Root, ".locks"));
        File.WriteAllText(Path.Combine(_cache.Root, "version.txt"), "1");
        Assert.Equal(["org/files", "org/name"], new HubCache(_cache.Root).List().Select(m => m.Name.Id));
    }

    [Fact]
    public void List_NoCache_IsEmpty() => Assert.Empty(new HubCache(_cache.PathOf("nowhere")).List());

    private CachedModel? Find(string name) => new HubCache(_cache.Root).Find(HubName.Parse(name));
}
