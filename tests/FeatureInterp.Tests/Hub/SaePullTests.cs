using FeatureInterp.Models;
using FeatureInterp.Saes;

namespace FeatureInterp.Tests.Hub;

/// <summary>A release's SAE from the hub: only its own files are fetched, and found in the cache afterwards.</summary>
public class SaePullTests
{
    private const string Place = "layer_3/width_16k/average_l0_7";

    [Fact]
    public async Task Find_NotOnThisMachine_FetchesItsFilesOnce()
    {
        await using var work = await HubWorkspace.StartAsync();
        using var files = new TinyRelease();
        files.Npz("params.npz", files.Gemma());
        work.Hub.WithModel(1000);
        work.Hub.Files[Place + "/params.npz"] = new FakeFile(File.ReadAllBytes(files.PathOf("params.npz")), isLarge: true);
        work.Hub.Files["layer_3/width_65k/average_l0_7/params.npz"] = FakeFile.Large(5000, 1);
        var release = new SaeRelease { Name = "tiny", Repository = FakeHub.Id, Layout = "gemma_2", Source = "test" };
        var entry = new SaeEntry { Release = release, Id = "x", Path = Place };
        var locator = new SaeLocator(work.Hub.Settings(work.Cache));

        await Assert.ThrowsAsync<SaeException>(() => locator.FindAsync(entry, new SaeLoadOptions(), null, default));
        Assert.Empty(work.Hub.Requests);
        var place = await locator.FindAsync(entry, new SaeLoadOptions { Download = Download.Allowed }, work.Progress, default);
        Assert.Equal(Path.Combine(work.Snapshot, "layer_3", "width_16k", "average_l0_7"), place);
        Assert.Equal(["params.npz"], Directory.GetFiles(work.Snapshot, "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)));
        Assert.Equal("gemma_2", SaeLayouts.Read(place, new SaeLoadOptions()).Layout.Name);

        var requests = work.Hub.Requests.Count;
        Assert.Equal(place, await locator.FindAsync(entry, new SaeLoadOptions(), null, default));
        Assert.Equal(requests, work.Hub.Requests.Count);
    }

    [Fact]
    public async Task Find_OptionalFileThatIsNotThere_IsPassedOver()
    {
        await using var work = await HubWorkspace.StartAsync();
        using var files = new TinyRelease();
        files.Safetensors("params.safetensors", files.Gemma());
        work.Hub.Files["resid_post/layer_9/params.safetensors"] = new FakeFile(File.ReadAllBytes(files.PathOf("params.safetensors")), isLarge: true);
        var entry = new SaeEntry { Release = new SaeRelease { Name = "tiny", Repository = FakeHub.Id, Layout = "gemma_3", Source = "test" }, Id = "x", Path = "resid_post/layer_9" };
        var place = await new SaeLocator(work.Hub.Settings(work.Cache)).FindAsync(entry, new SaeLoadOptions { Download = Download.Allowed }, null, default);
        Assert.Equal("blocks.9.hook_resid_post", SaeLayouts.Read(place, new SaeLoadOptions()).Config.Hook.ToString());
    }

    [Fact]
    public async Task Find_FileTheRepositoryLacks_SaysSo()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1000);
        var entry = new SaeEntry { Release = new SaeRelease { Name = "tiny", Repository = FakeHub.Id, Layout = "gemma_2", Source = "test" }, Id = "x", Path = Place };
        var e = await Assert.ThrowsAsync<HubException>(() => new SaeLocator(work.Hub.Settings(work.Cache)).FindAsync(entry, new SaeLoadOptions { Download = Download.Allowed }, null, default));
        Assert.Contains("params.npz", e.Message, StringComparison.Ordinal);
    }
}
