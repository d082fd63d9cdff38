using FeatureInterp.Models;

namespace FeatureInterp.Tests.Hub;

/// <summary>Whoever comes second waits, and then has it.</summary>
public class HubLockTests
{
    [Fact]
    public async Task TwoClientsAtOnce_FetchOnce()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(600_000, shards: 6);
        work.Hub.BeforePiece = async (_, _, _, _) =>
        {
            await Task.Delay(20);
            return true;
        };
        await Task.WhenAll(work.PullAsync(), work.PullAsync());
        work.AssertWhole();
        Assert.All(work.Hub.Requests.Where(r => r.IsCdn).GroupBy(r => r.Path), g => Assert.Single(g));
        Assert.Contains(work.Progress.Notes, n => n.StartsWith("waiting for another process that is fetching", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ref_WrittenByManyAtOnce_IsThere()
    {
        await using var work = await HubWorkspace.StartAsync();
        var cache = new CacheRepository(work.Cache, HubName.Parse(FakeHub.Id));
        Parallel.For(0, 500, _ => cache.WriteRef("main", "0123abc"));
        Assert.Equal("0123abc", await File.ReadAllTextAsync(Path.Combine(cache.Refs, "main"), TestContext.Current.CancellationToken));
        Assert.Single(Directory.GetFiles(cache.Refs));
    }

    [Fact]
    public async Task TwoProcessesAtOnce_FetchOnce()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(600_000);
        var listed = 0;
        var both = new TaskCompletionSource();
        work.Hub.Intercept = request =>
        {
            if (request.Path.StartsWith("/api/", StringComparison.Ordinal) && Interlocked.Increment(ref listed) == 2)
                both.SetResult();
            return Task.FromResult(false);
        };
        work.Hub.BeforePiece = async (_, _, _, _) =>
        {
            await both.Task.WaitAsync(TimeSpan.FromSeconds(60));
            await Task.Delay(100);
            return true;
        };
        var ended = await Task.WhenAll(HubProcess.RunAsync(work, "pull", FakeHub.Id), HubProcess.RunAsync(work, "pull", FakeHub.Id));
        Assert.All(ended, e => Assert.True(e.Code == 0, e.Error));
        work.AssertWhole();
        Assert.Single(work.Hub.Requests, r => r.IsCdn);
        Assert.Equal(work.Hub.Files.Where(f => f.Key is "config.json" or "tokenizer.json" or "model.safetensors").Sum(f => f.Value.Content.Length), work.Hub.Served);
    }

    [Fact]
    public async Task Waiting_CanBeCancelled()
    {
        await using var work = await HubWorkspace.StartAsync();
        var path = Path.Combine(work.Cache, ".locks", "x.lock");
        var patience = new HubPatience { LockPause = TimeSpan.FromMilliseconds(5) };
        using var held = await HubLock.TakeAsync(path, patience, () => Assert.Fail("free"), TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        var said = 0;
        var waiting = HubLock.TakeAsync(path, patience, () => said++, stop.Token);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(1, said);
    }

    [Fact]
    public async Task Released_IsTakenByWhoWaits()
    {
        await using var work = await HubWorkspace.StartAsync();
        var path = Path.Combine(work.Cache, ".locks", "x.lock");
        var patience = new HubPatience { LockPause = TimeSpan.FromMilliseconds(5) };
        var held = await HubLock.TakeAsync(path, patience, () => { }, TestContext.Current.CancellationToken);
        var waiting = HubLock.TakeAsync(path, patience, () => { }, TestContext.Current.CancellationToken);
        held.Dispose();
        (await waiting.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).Dispose();
    }

    [Fact]
    public async Task FolderThatCannotBeMade_IsNotWaitedFor()
    {
        await using var work = await HubWorkspace.StartAsync();
        File.WriteAllText(work.Cache, "");
        await Assert.ThrowsAnyAsync<IOException>(() => HubLock.TakeAsync(Path.Combine(work.Cache, "x.lock"), new HubPatience(), () => Assert.Fail("no lock"), TestContext.Current.CancellationToken));
    }
}
