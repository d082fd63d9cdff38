using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Scripting;

public class InterruptTests
{
    // Far more than any of it takes; a test that needs it has failed.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("var i = 0L; while (true) i++;")]
    [InlineData("for (;;) { }")]
    [InlineData("do ; while (true);")]
    [InlineData("var i = 0; again: i++; goto again;")]
    [InlineData("foreach (var x in Enumerable.Repeat(1, int.MaxValue).Concat(Enumerable.Repeat(1, int.MaxValue))) { }")]
    [InlineData("long Fib(int n) => n < 2 ? n : Fib(n - 1) + Fib(n - 2);\nFib(80)")]
    [InlineData("Func<int, long> fib = null; fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2);\nfib(80)")]
    [InlineData("while (true) Enumerable.Range(0, int.MaxValue).Sum(x => (long)x);")]
    [InlineData("while (true) { try { for (;;) { } } catch (Exception) { } }")]
    [InlineData("void Work() { for (var i = 0; i < 1000; i++) { } } while (true) { try { Work(); } catch { } }")]
    [InlineData("while (true) { try { while (true) await Task.Yield(); } catch (Exception) { await Task.Yield(); } }")]
    [InlineData("async Task Loop() { while (true) await Task.Delay(1); }\nawait Loop();")]
    [InlineData("Parallel.For(0, int.MaxValue, i => { while (true) { } });")]
    [InlineData("await Task.Run(() => { while (true) { } });")]
    [InlineData("Task.Run(() => { while (true) { } }).Wait();")]
    [InlineData("var t = new Thread(() => { try { while (true) { } } catch (OperationCanceledException) { } }); t.Start(); t.Join(); while (true) { }")]
    [InlineData("int A(int n) { return B(n); } int B(int n) { return n > 100 ? 0 : A(n + 1) + A(n + 1); }\nA(0)")]
    [InlineData("IEnumerable<int> All() { while (true) yield return 1; }\nAll().Count()")]
    [InlineData("class C { public int V { get { while (true) { } } } }\nnew C().V")]
    public async Task Interrupt_BusyCell_EndsItAndKeepsVariables(string code) => await InterruptedAsync(code);

    [Theory]
    [InlineData("Thread.Sleep(TimeSpan.FromHours(1));")]
    [InlineData("while (true) { try { Thread.Sleep(1000); } catch (Exception) { } }")]
    [InlineData("lock (string.Empty) { Monitor.Wait(string.Empty); }")]
    [InlineData("new TaskCompletionSource().Task.Wait();")]
    [InlineData("new TaskCompletionSource<int>().Task.Result")]
    [InlineData("await Task.Delay(Timeout.Infinite);")]
    [InlineData("await new TaskCompletionSource().Task;")]
    [InlineData("await Task.Yield(); new SemaphoreSlim(0).Wait();")]
    [InlineData("await Task.Run(() => Thread.Sleep(-1));")]
    [InlineData("Task.WaitAll(Enumerable.Range(0, 30).Select(_ => Task.Run(() => Thread.Sleep(-1))).ToArray());")]
    [InlineData("new System.Collections.Concurrent.BlockingCollection<int>().Take();")]
    public async Task Interrupt_WaitingCell_EndsItAndKeepsVariables(string code) => await InterruptedAsync(code);

    [Fact]
    public async Task Interrupt_CellWithCleanUp_LetsItClean()
    {
        var cells = await InterruptedAsync("class R : IDisposable { public void Dispose() { for (var i = 0; i < 3; i++) Console.Write(i); } }\ntry { using (new R()) while (true) { } } finally { foreach (var c in \"xyz\") Console.Write(c); }");
        Assert.Equal("started012xyz", cells.Out);
    }

    [Fact]
    public async Task Interrupt_OneOfTwoSessions_LeavesTheOtherRunning()
    {
        var other = new Cells();
        using var never = new CancellationTokenSource();
        var running = other.RunAsync("Console.Write(\"started\"); var until = DateTime.UtcNow.AddSeconds(2); var n = 0L; while (DateTime.UtcNow < until) n++;\nn > 0", never.Token);
        await StartedAsync(other);
        await InterruptedAsync("while (true) { }");
        Assert.Equal((CellStatus.Succeeded, "true"), ((await running).Status, (await running).Value?.PlainText));
    }

    [Fact]
    public async Task Interrupt_TenTimesInARow_LeavesTheSessionAsItWas()
    {
        var cells = new Cells();
        await cells.ValueAsync("var n = 0;");
        for (var i = 0; i < 10; i++)
        {
            using var source = new CancellationTokenSource();
            cells.Streams.Clear();
            var running = cells.RunAsync("Console.Write(1); n++; " + (i % 2 == 0 ? "while (true) { }" : "Thread.Sleep(-1);"), source.Token);
            await StartedAsync(cells);
            await source.CancelAsync();
            Assert.Equal(CellStatus.Cancelled, (await running.WaitAsync(Bound)).Status);
        }

        Assert.Equal("10", await cells.ValueAsync("await Task.Run(() => Thread.Sleep(1)); Thread.Sleep(1); n"));
    }

    [Fact]
    public async Task Interrupt_LibraryThatDoesNotListen_IsLeftBehindAndSaidSo()
    {
        var cells = new Cells();
        try
        {
            using var source = new CancellationTokenSource();
            var running = cells.RunAsync($"var before = 4; Console.Write(1);\n{typeof(Unheeding).FullName}.Compute();\nConsole.Write(\"after\");", source.Token);
            await StartedAsync(cells);
            await source.CancelAsync();
            var result = await running.WaitAsync(Bound);
            Assert.Equal(CellStatus.Cancelled, result.Status);
            Assert.Contains("thread \"cell 1\" is left behind", string.Join('\n', result.Error!.Traceback));

            Assert.Equal("4", await cells.ValueAsync("before"));
            Assert.Contains("cell 1 was interrupted", cells.Err);
            Assert.Contains("still computes", cells.Err);
        }
        finally
        {
            Unheeding.Release();
        }

        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.Equal("5", await cells.ValueAsync("before + 1"));
        Assert.DoesNotContain("after", cells.Out);
    }

    [Fact]
    public async Task Interrupt_SequenceThatIsBeingShown_IsACancelledCell() =>
        await InterruptedAsync("IEnumerable<int> Slow() { for (var i = 0; ; i++) { Thread.Sleep(50); yield return i; } }\nSlow()");

    private static async Task<Cells> InterruptedAsync(string code)
    {
        var cells = new Cells();
        await cells.ValueAsync("var kept = 5;");
        using var source = new CancellationTokenSource();
        var running = cells.RunAsync("var mine = 7; kept++; Console.Write(\"started\");\n" + code, source.Token);
        await StartedAsync(cells);
        Assert.False(running.IsCompleted);

        await source.CancelAsync();
        var result = await running.WaitAsync(Bound);
        Assert.Equal((CellStatus.Cancelled, "Cancelled"), (result.Status, result.Error!.Name));
        Assert.Single(result.Error.Traceback);
        Assert.Equal("13", await cells.ValueAsync("kept + mine"));
        return cells;
    }

    private static async Task StartedAsync(Cells cells)
    {
        for (var i = 0; i < 12000 && cells.Out.Length == 0; i++)
            await Task.Delay(5);
        Assert.NotEqual("", cells.Out);
        await Task.Delay(50);
    }
}
