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
    public async Task Cancel_CellThatListens_EndsAndVariablesStay(string code) => await CancelledAsync(code);

    [Theory]
    [InlineData("Thread.Sleep(60000);")]
    [InlineData("Task.Delay(60000).Wait();")]
    [InlineData("await Task.Delay(-1);")]
    [InlineData("new ManualResetEventSlim().Wait();")]
    [InlineData("var until = DateTime.UtcNow.AddSeconds(20); while (DateTime.UtcNow < until) { }")]
    [InlineData("IEnumerable<int> Slow() { for (var i = 0; i < 600; i++) { Thread.Sleep(100); yield return i; } }\nSlow()")]
    public async Task Cancel_BlockedCell_IsLeftBehind(string code) => await CancelledAsync(code);

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

    private static async Task CancelledAsync(string code)
    {
        var cells = new Cells();
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
