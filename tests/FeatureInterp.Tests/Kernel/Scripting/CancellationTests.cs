using System.Diagnostics;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Scripting;

public class CancellationTests
{
    // Ends in about half a second; the bound leaves room for a busy machine.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("await Task.Delay(-1, KernelContext.CancellationToken);")]
    [InlineData("while (true) { KernelContext.CancellationToken.ThrowIfCancellationRequested(); Thread.Sleep(1); }")]
    public async Task Cancel_CellThatListens_EndsAndVariablesStay(string code) => await CancelledAsync(code, abort: false);

    [Theory]
    [InlineData("Thread.Sleep(60000);")]
    [InlineData("Task.Delay(60000).Wait();")]
    [InlineData("await Task.Delay(-1);")]
    [InlineData("new ManualResetEventSlim().Wait();")]
    public async Task Cancel_BlockedCell_IsLeftBehind(string code) => await CancelledAsync(code, abort: false);

    [Theory]
    [InlineData("while (true) Interlocked.Increment(ref FeatureInterp.Tests.Kernel.Scripting.CancellationTests.Ticks[0]);", 0)]
    [InlineData("await Task.Yield(); while (true) Interlocked.Increment(ref FeatureInterp.Tests.Kernel.Scripting.CancellationTests.Ticks[1]);", 1)]
    public async Task Cancel_BusyLoop_ReallyStops(string code, int counter)
    {
        await CancelledAsync(code, abort: true);
        Assert.True(Volatile.Read(ref Ticks[counter]) > 0);
        // On a machine with no core to spare the abort may come after the result.
        var clock = Stopwatch.StartNew();
        long before;
        do
        {
            before = Volatile.Read(ref Ticks[counter]);
            await Task.Delay(100);
        }
        while (before != Volatile.Read(ref Ticks[counter]) && clock.Elapsed < Bound);
        Assert.Equal(before, Volatile.Read(ref Ticks[counter]));
    }

    [Fact]
    public async Task Cancel_LazyValueBeingFormatted_Ends() =>
        await CancelledAsync("IEnumerable<int> Slow() { while (true) { Thread.Sleep(1); if (DateTime.UtcNow.Year < 0) yield return 1; } }\nSlow()", abort: true);

    [Fact]
    public async Task Cancel_CellThatCatchesIt_KeepsItsValue()
    {
        var cells = new Cells();
        using var source = new CancellationTokenSource();
        var running = cells.RunAsync("Console.Write(1); try { await Task.Delay(-1, KernelContext.CancellationToken); } catch (OperationCanceledException) { }\n\"half\"", source.Token);
        await StartedAsync(cells);
        await source.CancelAsync();
        var result = await running;
        Assert.Equal((CellStatus.Succeeded, "half"), (result.Status, result.Value?.PlainText));
    }

    [Fact]
    public async Task Cancel_BeforeTheCell_DoesNotRunIt()
    {
        var cells = new Cells();
        Assert.Equal(CellStatus.Cancelled, (await cells.RunAsync("Console.Write(1)", new CancellationToken(canceled: true))).Status);
        Assert.Empty(cells.Streams);
    }

    public static long[] Ticks { get; } = new long[2];

    private static async Task CancelledAsync(string code, bool abort)
    {
        var cells = new Cells(abort: abort);
        await cells.ValueAsync("var kept = 5;");
        using var source = new CancellationTokenSource();
        var running = cells.RunAsync("Console.Write(\"started\");\n" + code, source.Token);
        await StartedAsync(cells);
        Assert.False(running.IsCompleted);

        var clock = Stopwatch.StartNew();
        await source.CancelAsync();
        var result = await running.WaitAsync(Bound);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Bound);
        Assert.Equal(CellStatus.Cancelled, result.Status);
        Assert.Equal("Cancelled", result.Error!.Name);
        Assert.Equal("6", await cells.ValueAsync("kept + 1"));
    }

    private static async Task StartedAsync(Cells cells)
    {
        var waited = Stopwatch.StartNew();
        while (cells.Out.Length == 0 && waited.Elapsed < TimeSpan.FromSeconds(60))
            await Task.Delay(5);
        await Task.Delay(50);
    }
}
