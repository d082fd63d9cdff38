using FeatureInterp.Models;

namespace FeatureInterp.Tests.Hub;

/// <summary>A pull from a hub that behaves: what is fetched, how it lies in the cache, who sees the token.</summary>
public class HubPullTests
{
    [Fact]
    public async Task Pull_Model_FetchesWhatItIsMadeOfIntoTheLayoutThatPythonReads()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(300_000);
        var pulled = await work.PullAsync();
        work.AssertWhole();
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json"], pulled.Files);
        Assert.Equal((FakeHub.Commit, work.Snapshot), (pulled.Commit, pulled.Folder));
        Assert.Equal(work.Hub.Served, pulled.BytesFetched);
        var weights = work.Hub.Files["model.safetensors"];
        Assert.Equal(Path.Combine("..", "..", "blobs", weights.ETag), new FileInfo(Path.Combine(work.Snapshot, "model.safetensors")).LinkTarget);
        Assert.Equal(weights.Content, File.ReadAllBytes(Path.Combine(work.Repository, "blobs", weights.ETag)));
        Assert.True(File.Exists(Path.Combine(work.Repository, ".no_exist", FakeHub.Commit, "generation_config.json")));
        Assert.False(File.Exists(Path.Combine(work.Repository, ".no_exist", FakeHub.Commit, "config.json")));
    }

    [Fact]
    public async Task Pull_Shards_FetchesThoseOfTheIndex()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(900_000, shards: 6);
        work.Hub.Files["model-stray.safetensors"] = FakeFile.Large(10, 5);
        var pulled = await work.PullAsync();
        Assert.Equal(6, pulled.Files.Count(f => f.StartsWith("model-0", StringComparison.Ordinal)));
        Assert.DoesNotContain("model-stray.safetensors", pulled.Files);
        work.Hub.Files.Remove("model-stray.safetensors");
        work.AssertWhole();
        var last = work.Progress.Reports[^1];
        Assert.Equal(last.BytesTotal, last.BytesDone);
        Assert.Equal(pulled.BytesTotal, last.BytesDone);
    }

    [Fact]
    public async Task Pull_ASecondTime_FetchesNothing()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(300_000);
        var first = await work.PullAsync();
        var served = work.Hub.Served;
        var second = await work.PullAsync();
        Assert.Equal(served, work.Hub.Served);
        Assert.Equal((0L, first.BytesTotal), (second.BytesFetched, second.BytesTotal));
    }

    [Fact]
    public async Task Pull_NewCommitWithTheSameWeights_LinksTheBlobThatIsThere()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(300_000);
        await work.PullAsync();
        Directory.Move(work.Snapshot, Path.Combine(work.Repository, "snapshots", new string('a', 40)));
        var served = work.Hub.Served;
        await work.PullAsync();
        Assert.Equal(served, work.Hub.Served);
        work.AssertWhole();
    }

    [Fact]
    public async Task Pull_WhereThereAreNoLinks_PutsTheFilesThemselvesThere()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(300_000);
        var settings = work.Hub.Settings(work.Cache) with { Links = false };
        await work.PullAsync(settings);
        work.AssertWhole();
        Assert.All(Directory.GetFiles(work.Snapshot), f => Assert.Null(new FileInfo(f).LinkTarget));
        Assert.Empty(Directory.GetFiles(Path.Combine(work.Repository, "blobs")));
        var served = work.Hub.Served;
        await work.PullAsync(settings);
        Assert.Equal(served, work.Hub.Served);
    }

    [Fact]
    public async Task Pull_NoLinksButTheBlobIsThere_Copies()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(300_000);
        await work.PullAsync();
        Directory.Delete(work.Snapshot, recursive: true);
        var served = work.Hub.Served;
        await work.PullAsync(work.Hub.Settings(work.Cache) with { Links = false });
        Assert.Equal(served, work.Hub.Served);
        work.AssertWhole();
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(work.Repository, "blobs")));
    }

    [Fact]
    public async Task Pull_WithToken_SendsItToTheHubAndNotToTheHostOfLargeFiles()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(100_000, shards: 3);
        await work.PullAsync(work.Hub.Settings(work.Cache, "hf_recognisable"));
        Assert.All(work.Hub.Requests.Where(r => !r.IsCdn), r => Assert.Equal("Bearer hf_recognisable", r.Authorization));
        var cdn = work.Hub.Requests.Where(r => r.IsCdn).ToList();
        Assert.Equal(3, cdn.Count);
        Assert.All(cdn, r => Assert.Equal("", r.Authorization));
    }

    [Fact]
    public async Task Pull_Files_FetchesThoseAndNoOthers()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.Files["layer_20/width_16k/params.npz"] = FakeFile.Large(1000, 3);
        work.Hub.Files["config.json"] = FakeFile.Small("{}");
        var pulled = await work.PullAsync(files: ["layer_20/width_16k/params.npz"]);
        Assert.Equal(["layer_20/width_16k/params.npz"], pulled.Files);
        Assert.Equal(work.Hub.Files["layer_20/width_16k/params.npz"].Content, File.ReadAllBytes(Path.Combine(work.Snapshot, "layer_20", "width_16k", "params.npz")));
        Assert.False(Directory.Exists(Path.Combine(work.Repository, ".no_exist")));
    }

    [Theory]
    [InlineData("org/tiny-model:q4_k_m", "sub/tiny-Q4_K_M.gguf")]
    [InlineData("org/tiny-model:tiny-Q8_0.gguf", "tiny-Q8_0.gguf")]
    public async Task Pull_GgufByTagOrName_FetchesThatOne(string name, string file)
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.Files["sub/tiny-Q4_K_M.gguf"] = FakeFile.Large(1000, 3);
        work.Hub.Files["tiny-Q8_0.gguf"] = FakeFile.Large(1001, 4);
        Assert.Equal([file], (await work.PullAsync(name: name)).Files);
    }

    [Fact]
    public async Task Pull_ByCommit_WritesNoRef()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1000);
        await work.PullAsync(name: FakeHub.Id + "@" + FakeHub.Commit);
        Assert.False(Directory.Exists(Path.Combine(work.Repository, "refs")));
        Assert.Equal(work.Snapshot, new HubCache(work.Cache).Find(HubName.Parse(FakeHub.Id + "@" + FakeHub.Commit))!.Folder);
    }

    [Fact]
    public async Task Pull_EmptyFile_IsThere()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.Files["empty.txt"] = FakeFile.Small("");
        await work.PullAsync(files: ["empty.txt"]);
        Assert.Empty(File.ReadAllBytes(Path.Combine(work.Snapshot, "empty.txt")));
    }

    [Fact]
    public async Task Pull_RenamedRepository_FollowsTheRedirectWithTheToken()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1000);
        work.Hub.Intercept = async request =>
        {
            if (!request.Path.Contains("org/old-name", StringComparison.Ordinal))
                return false;
            await FakeHub.StatusAsync(request, 307, ("Location", request.Path.Replace("org/old-name", FakeHub.Id, StringComparison.Ordinal)));
            return true;
        };
        var pulled = await work.PullAsync(work.Hub.Settings(work.Cache, "hf_recognisable"), "org/old-name");
        Assert.Equal(work.Hub.Files["model.safetensors"].Content, File.ReadAllBytes(Path.Combine(pulled.Folder, "model.safetensors")));
        Assert.Contains("models--org--old-name", pulled.Folder);
        Assert.All(work.Hub.Requests.Where(r => !r.IsCdn), r => Assert.Equal("Bearer hf_recognisable", r.Authorization));
    }

    [Fact]
    public async Task Pull_Progress_GrowsToTheTotalAndSaysHowFast()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(1_000_000);
        work.Hub.BeforePiece = async (_, _, _, _) =>
        {
            await Task.Delay(40);
            return true;
        };
        await work.PullAsync();
        var reports = work.Progress.Reports;
        Assert.Equal(reports.Select(r => r.BytesDone).Order(), reports.Select(r => r.BytesDone));
        Assert.Contains(reports, r => r.BytesPerSecond > 0 && r.TimeLeft > TimeSpan.Zero);
        Assert.Equal(reports[^1].BytesTotal, reports[^1].BytesDone);
        Assert.Equal(1_000_000 + work.Hub.Files["config.json"].Content.Length + 2, reports[^1].BytesTotal);
    }
}
