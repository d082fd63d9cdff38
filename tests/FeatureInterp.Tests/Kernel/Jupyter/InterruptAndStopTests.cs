using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Jupyter;

public class InterruptAndStopTests
{
    [Fact]
    public async Task Interrupt_OverControl_EndsTheCellThatRuns()
    {
        using var rig = new Rig(new FakeHost().On("endless", Endless));
        var running = rig.ExecuteAsync("endless");
        await rig.Outlet.SeenAsync(m => m.Type == "execute_input");
        Assert.Equal("ok", (await rig.AskAsync("interrupt_request", channel: RequestChannel.Control)).Reply.Status);
        var exchange = await running;
        Assert.Equal("busy execute_input error execute_reply idle", exchange.Types);
        Assert.Equal("Cancelled", (string)exchange.Reply.Content["ename"]!);
        Assert.Equal("ok", (await rig.ExecuteAsync("next")).Reply.Status);
    }

    [Fact]
    public async Task Interrupt_WhenNothingRuns_DoesNotTouchTheNextCell()
    {
        using var rig = new Rig(new FakeHost().On("looks", (_, token) => Task.FromResult(new CellResult(CellStatus.Succeeded, MimeBundle.FromText($"{token.IsCancellationRequested}")))));
        foreach (var channel in new[] { RequestChannel.Control, RequestChannel.Shell })
            Assert.Equal("ok", (await rig.AskAsync("interrupt_request", channel: channel)).Reply.Status);
        Assert.Equal("False", (string)(await rig.ExecuteAsync("looks")).One("execute_result").Content["data"]!["text/plain"]!);
    }

    [Fact]
    public async Task KernelInfo_OverControl_IsAnsweredBesideARunningCell()
    {
        using var rig = new Rig(new FakeHost().On("endless", Endless));
        var running = rig.ExecuteAsync("endless");
        await rig.Outlet.SeenAsync(m => m.Type == "execute_input");
        Assert.Equal("ok", (await rig.AskAsync("kernel_info_request", channel: RequestChannel.Control)).Reply.Status);
        Assert.False(running.IsCompleted);
        await rig.AskAsync("interrupt_request", channel: RequestChannel.Control);
        await running;
    }

    [Fact]
    public async Task StopOnError_CellsThatWaitAreAborted_OtherRequestsAreNot()
    {
        var gate = new TaskCompletionSource();
        using var rig = new Rig(Failing(gate));
        var first = rig.ExecuteAsync("boom");
        var second = rig.ExecuteAsync("second");
        var info = rig.AskAsync("kernel_info_request");
        var third = rig.ExecuteAsync("third");
        gate.SetResult();
        Assert.Equal("error", (await first).Reply.Status);
        Assert.Equal("busy execute_reply idle", (await second).Types);
        Assert.Equal(("aborted", "ok", "aborted"), ((await second).Reply.Status, (await info).Reply.Status, (await third).Reply.Status));
        Assert.Equal("boom", Assert.Single(rig.Host.Ran).Code);
        // What comes once the failure is known is a new beginning.
        Assert.Equal("ok", (await rig.ExecuteAsync("fourth")).Reply.Status);
    }

    [Theory]
    [InlineData("stop_on_error", false)]
    [InlineData("silent", true)]
    public async Task NoStopOnErrorOrSilent_CellsThatWaitRun(string field, bool value)
    {
        var gate = new TaskCompletionSource();
        using var rig = new Rig(Failing(gate));
        var first = rig.ExecuteAsync("boom", new() { [field] = value });
        var second = rig.ExecuteAsync("second");
        gate.SetResult();
        Assert.Equal(("error", "ok"), ((await first).Reply.Status, (await second).Reply.Status));
    }

    [Fact]
    public async Task Interrupt_AbortsCellsThatWait()
    {
        using var rig = new Rig(new FakeHost().On("endless", Endless));
        var first = rig.ExecuteAsync("endless");
        var second = rig.ExecuteAsync("second");
        await rig.Outlet.SeenAsync(m => m.Type == "execute_input");
        await rig.AskAsync("interrupt_request", channel: RequestChannel.Control);
        Assert.Equal(("error", "aborted"), ((await first).Reply.Status, (await second).Reply.Status));
    }

    private static FakeHost Failing(TaskCompletionSource gate) => new FakeHost().On("boom", async (_, _) =>
    {
        await gate.Task;
        return new CellResult(CellStatus.Failed, Error: new ErrorOutput("Oops", "oops", ["oops"]));
    });

    private static async Task<CellResult> Endless(IOutputSink sink, CancellationToken token)
    {
        try
        {
            await Task.Delay(-1, token);
        }
        catch (OperationCanceledException)
        {
            // As a session does: the end is a result.
        }

        return CellResult.Cancelled("cell 1");
    }
}
