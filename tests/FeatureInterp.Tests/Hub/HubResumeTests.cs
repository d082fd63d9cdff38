using System.Diagnostics;
using FeatureInterp.Models;

namespace FeatureInterp.Tests.Hub;

/// <summary>Pulls that are stopped go on where they were. The hub of these tests sends nothing while more than a block is not on the disk, so what is kept can be counted.</summary>
public class HubResumeTests
{
    private const int Size = 4 << 20;
    private const int Kills = 100;

    [Fact]
    public async Task ConnectionCutAHundredTimes_EndsWholeAndFetchesNothingTwice()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(Size);
        var random = new Random(7);
        var (cuts, next) = (0, Distance(random));
        work.Hub.PieceBytes = 4096;
        work.Hub.BeforePiece = async (request, file, at, sent) =>
        {
            await OnDiskAsync(work, request, file, at);
            if (!file.IsLarge || cuts == Kills || sent < next)
                return true;
            (cuts, next) = (cuts + 1, Distance(random));
            // Every second cut comes without warning and takes along what is on its way.
            if (cuts % 2 == 0)
                await OnDiskAsync(work, request, file, at + FakeHub.Block - work.Hub.PieceBytes);
            return false;
        };
        await work.PullAsync();
        Assert.Equal(Kills, cuts);
        work.AssertWhole();
        AssertServed(work, Kills);
    }

    [Fact]
    public async Task ClientStoppedAHundredTimes_EndsWholeAndFetchesNothingTwice()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(Size);
        var random = new Random(8);
        var (kills, next) = (0, Distance(random));
        using var life = new CancellationSlot();
        work.Hub.PieceBytes = 4096;
        work.Hub.BeforePiece = async (request, file, at, sent) =>
        {
            await OnDiskAsync(work, request, file, at);
            if (file.IsLarge && kills < Kills && sent >= next)
            {
                (kills, next) = (kills + 1, Distance(random));
                life.Cancel();
            }

            return true;
        };
        var pulls = 0;
        while (!File.Exists(Path.Combine(work.Repository, "refs", "main")))
        {
            Assert.True(++pulls <= Kills + 1);
            try
            {
                await work.PullAsync(cancellation: life.Renew());
            }
            catch (OperationCanceledException)
            {
            }
        }

        Assert.Equal(Kills, kills);
        work.AssertWhole();
        AssertServed(work, Kills);
    }

    [Fact]
    public async Task ProcessKilled_GoesOnWhereItWas()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(Size);
        var reached = new SemaphoreSlim(0);
        var kills = 0;
        work.Hub.PieceBytes = 4096;
        work.Hub.BeforePiece = async (request, file, at, sent) =>
        {
            await OnDiskAsync(work, request, file, at);
            if (!file.IsLarge || kills == 3 || sent < Size / 5)
                return true;
            reached.Release();
            await Task.Delay(-1, request.Context.RequestAborted);
            return false;
        };
        while (kills < 3)
        {
            using var process = HubProcess.Start(work, "pull", FakeHub.Id);
            await reached.WaitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            kills++;
        }

        var (code, output, error) = await HubProcess.RunAsync(work, "pull", FakeHub.Id);
        Assert.True(code == 0, error);
        Assert.Equal(work.Snapshot, output.Trim());
        work.AssertWhole();
        AssertServed(work, 3);
    }

    [Fact]
    public async Task WholeButNotYetRenamed_IsCheckedAndNotFetched()
    {
        await using var work = await HubWorkspace.StartAsync();
        var file = work.Hub.WithModel(300_000).Files["model.safetensors"];
        Leave(work, file, file.Content);
        await work.PullAsync();
        work.AssertWhole();
        Assert.Empty(work.Hub.Gets("model.safetensors"));
    }

    [Theory]
    [InlineData(150_000)]
    [InlineData(300_000)]
    public async Task DamagedBeginning_IsFetchedAnew(int kept)
    {
        await using var work = await HubWorkspace.StartAsync();
        var file = work.Hub.WithModel(300_000).Files["model.safetensors"];
        Leave(work, file, new byte[kept]);
        await work.PullAsync();
        work.AssertWhole();
        Assert.Contains(work.Progress.Notes, n => n.Contains("damaged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LongerThanTheFile_IsDropped()
    {
        await using var work = await HubWorkspace.StartAsync();
        var file = work.Hub.WithModel(300_000).Files["model.safetensors"];
        Leave(work, file, new byte[300_001]);
        await work.PullAsync();
        work.AssertWhole();
    }

    [Fact]
    public async Task HubWithoutRanges_SendsItWholeAgain()
    {
        await using var work = await HubWorkspace.StartAsync();
        var file = work.Hub.WithModel(300_000).Files["model.safetensors"];
        Leave(work, file, file.Content[..100_000]);
        work.Hub.KnowsRanges = false;
        await work.PullAsync();
        work.AssertWhole();
        Assert.Equal(work.Progress.Reports[^1].BytesTotal, work.Progress.Reports[^1].BytesDone);
    }

    [Fact]
    public async Task RangeRefused_StartsOver()
    {
        await using var work = await HubWorkspace.StartAsync();
        var file = work.Hub.WithModel(300_000).Files["model.safetensors"];
        Leave(work, file, file.Content[..100_000]);
        work.Hub.Intercept = async request =>
        {
            if (!request.IsCdn || request.Range.Length == 0)
                return false;
            await FakeHub.StatusAsync(request, 416);
            return true;
        };
        await work.PullAsync();
        work.AssertWhole();
    }

    [Fact]
    public async Task AnotherRangeThanAsked_StartsOver()
    {
        await using var work = await HubWorkspace.StartAsync();
        var file = work.Hub.WithModel(300_000).Files["model.safetensors"];
        Leave(work, file, file.Content[..100_000]);
        work.Hub.Intercept = async request =>
        {
            if (!request.IsCdn || request.Range.Length == 0)
                return false;
            await FakeHub.StatusAsync(request, 206, ("Content-Range", "bytes 5-299999/300000"));
            return true;
        };
        await work.PullAsync();
        work.AssertWhole();
    }

    [Fact]
    public async Task NoLengthAnywhere_IsFetchedToItsEndAndResumed()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.SendsLength = false;
        var text = new string('x', 200_000);
        work.Hub.Files["notes.txt"] = FakeFile.Small(text);
        var cut = false;
        work.Hub.BeforePiece = async (request, file, at, _) =>
        {
            await OnDiskAsync(work, request, file, at);
            (var now, cut) = (!cut && at > 0, cut || at > 0);
            return !now;
        };
        await work.PullAsync(files: ["notes.txt"]);
        Assert.Equal(text, File.ReadAllText(Path.Combine(work.Snapshot, "notes.txt")));
        Assert.Contains(work.Hub.Gets("notes.txt"), r => r.Range.Length > 0 && r.IfRange == $"\"{work.Hub.Files["notes.txt"].ETag}\"");
        Assert.All(work.Progress.Reports, r => Assert.Null(r.BytesTotal));
    }

    [Fact]
    public async Task ContentChangedMidway_StartsOverWithTheNewOne()
    {
        await using var work = await HubWorkspace.StartAsync();
        var old = work.Hub.WithModel(300_000).Files["model.safetensors"];
        var changed = FakeFile.Large(320_000, 77);
        work.Hub.BeforePiece = (_, file, at, _) =>
        {
            if (file != old || at == 0)
                return Task.FromResult(true);
            work.Hub.Files["model.safetensors"] = changed;
            return Task.FromResult(false);
        };
        await work.PullAsync();
        work.AssertWhole();
        Assert.Contains(work.Progress.Notes, n => n.Contains("changed on the hub", StringComparison.Ordinal));
        Assert.Equal(work.Progress.Reports[^1].BytesTotal, work.Progress.Reports[^1].BytesDone);
    }

    [Fact]
    public async Task ConnectionThatBringsNothingEver_EndsWithASentence()
    {
        await using var work = await HubWorkspace.StartAsync();
        work.Hub.WithModel(300_000).BeforePiece = (_, file, _, _) => Task.FromResult(!file.IsLarge);
        var e = await Assert.ThrowsAsync<HubException>(() => work.PullAsync());
        Assert.Equal(HubFault.NoNetwork, e.Fault);
        Assert.Equal(6, work.Hub.Requests.Count(r => r.IsCdn));
    }

    [Fact]
    public async Task Stalled_CountsAsCut()
    {
        await using var work = await HubWorkspace.StartAsync();
        var stalls = 0;
        work.Hub.WithModel(300_000).BeforePiece = async (request, file, at, _) =>
        {
            if (file.IsLarge && at > 0 && Interlocked.Increment(ref stalls) == 1)
                await Task.Delay(-1, request.Context.RequestAborted);
            return true;
        };
        var settings = work.Hub.Settings(work.Cache);
        await work.PullAsync(settings with { Patience = settings.Patience with { Stall = TimeSpan.FromMilliseconds(300) } });
        work.AssertWhole();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SlowHub_IsLeftAtOnceWhenCancelled(bool atTheHead)
    {
        await using var work = await HubWorkspace.StartAsync();
        using var stop = new CancellationTokenSource();
        var clock = new Stopwatch();
        async Task HangAsync(FakeRequest request)
        {
            clock.Start();
            stop.CancelAfter(50);
            await Task.Delay(-1, request.Context.RequestAborted);
        }

        work.Hub.WithModel(300_000);
        if (atTheHead)
        {
            work.Hub.Intercept = async request =>
            {
                await HangAsync(request);
                return true;
            };
        }
        else
        {
            work.Hub.BeforePiece = async (request, file, at, _) =>
            {
                if (file.IsLarge && at > 0)
                    await HangAsync(request);
                return true;
            };
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work.PullAsync(cancellation: stop.Token));
        // Within a second, tens of milliseconds on a quiet machine; the hub itself would hang for ever.
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        if (!atTheHead)
            Assert.Equal(FakeHub.Block, new FileInfo(work.Partial(work.Hub.Files["model.safetensors"])).Length);
    }

    private static void Leave(HubWorkspace work, FakeFile file, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(work.Partial(file))!);
        File.WriteAllBytes(work.Partial(file), content);
    }

    // Two thirds of the file go by until the last kill.
    private static int Distance(Random random) => random.Next(0, 2 * Size / (Kills * 3 / 2));

    // Waits until the client has all but one block of what was sent on its disk. A client that buffers more would wait here until the test fails.
    private static async Task OnDiskAsync(HubWorkspace work, FakeRequest request, FakeFile file, long at)
    {
        var partial = work.Partial(file);
        while ((File.Exists(partial) ? new FileInfo(partial).Length : 0) < at + work.Hub.PieceBytes - FakeHub.Block)
            await Task.Delay(1, request.Context.RequestAborted);
    }

    private static void AssertServed(HubWorkspace work, int kills)
    {
        var whole = work.Hub.Files.Where(f => f.Key is "config.json" or "tokenizer.json" or "model.safetensors").Sum(f => f.Value.Content.Length);
        Assert.InRange(work.Hub.Served, whole, whole + (long)kills * FakeHub.Block);
    }

    private sealed class CancellationSlot : IDisposable
    {
        private CancellationTokenSource _source = new();

        public CancellationToken Renew()
        {
            _source.Dispose();
            _source = new();
            return _source.Token;
        }

        public void Cancel() => _source.Cancel();

        public void Dispose() => _source.Dispose();
    }
}
