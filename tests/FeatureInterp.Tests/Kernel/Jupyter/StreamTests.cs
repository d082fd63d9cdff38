using System.Diagnostics;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests.Kernel.Jupyter;

public class StreamTests
{
    [Fact]
    public async Task ManyWrites_AreFewMessagesInOrder()
    {
        using var rig = new Rig(new FakeHost().On("print", s =>
        {
            for (var i = 0; i < 20_000; i++)
                s.WriteStream(StandardStream.Output, $"{i}\n");
        }));
        var clock = Stopwatch.StartNew();
        var exchange = await rig.ExecuteAsync("print");
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i}\n")), rig.Outlet.Stream("stdout"));
        Assert.InRange(exchange.Outputs.Count, 1, 500);
        Assert.Equal(["execute_reply", "idle"], exchange.Types.Split(' ')[^2..]);
    }

    [Fact]
    public async Task TextBeforeAnythingElse_IsSentBeforeIt()
    {
        using var rig = new Rig(new FakeHost().On("mixed", (s, _) =>
        {
            s.WriteStream(StandardStream.Output, "a");
            s.WriteStream(StandardStream.Output, "b");
            s.WriteStream(StandardStream.Error, "c");
            s.WriteStream(StandardStream.Output, "d");
            s.Display(MimeBundle.FromText("shown"), "1");
            s.WriteStream(StandardStream.Output, "e");
            s.ClearOutput(wait: false);
            s.WriteStream(StandardStream.Error, "f");
            return Task.FromResult(new CellResult(CellStatus.Succeeded, MimeBundle.FromText("value")));
        }));
        var said = (await rig.ExecuteAsync("mixed")).Outputs.Select(o => o.Type == "stream" ? $"{o.Content["name"]}:{o.Content["text"]}" : o.Type);
        Assert.Equal("stdout:ab stderr:c stdout:d display_data stdout:e clear_output stderr:f execute_result", string.Join(' ', said));
    }

    [Fact]
    public async Task TextOfARunningCell_IsSentAfterAMoment()
    {
        var gate = new TaskCompletionSource();
        using var rig = new Rig(new FakeHost().On("slow", async (s, _) =>
        {
            s.WriteStream(StandardStream.Output, "so far");
            await gate.Task;
            return new CellResult(CellStatus.Succeeded);
        }));
        var running = rig.ExecuteAsync("slow");
        Assert.Equal("so far", (string)(await rig.Outlet.SeenAsync(m => m.Type == "stream")).Content["text"]!);
        Assert.False(running.IsCompleted);
        gate.SetResult();
        await running;
    }

    [Fact]
    public async Task ThreadLeftBehind_SpeaksForItsOwnCell()
    {
        IOutputSink? left = null;
        using var rig = new Rig(new FakeHost().On("leaves", s => left = s));
        var first = await rig.ExecuteAsync("leaves");
        await rig.ExecuteAsync("next");
        left!.WriteStream(StandardStream.Output, "late");
        left.Display(MimeBundle.FromText("later"), "1");
        var late = await rig.Outlet.SeenAsync(m => m.Type == "display_data");
        Assert.Equal(first.Reply.ParentId, late.ParentId);
        Assert.Equal(first.Reply.ParentId, rig.Outlet.All.Single(m => m.Type == "stream").ParentId);
    }

    [Fact]
    public async Task TenMillionCharacters_AreCutWithANote()
    {
        using var rig = new Rig(new FakeHost().On("flood", s =>
        {
            var line = new string('x', 999) + "\n";
            for (var i = 0; i < 10_000; i++)
                s.WriteStream(StandardStream.Output, line);
            s.Display(MimeBundle.FromText("still shown"), "1");
        }));
        var exchange = await rig.ExecuteAsync("flood");
        Assert.Equal(StreamBuffer.MaxSent, rig.Outlet.Stream("stdout").Length);
        Assert.Contains("not sent; set FEATUREINTERP_SAVE_OUTPUT=1", rig.Outlet.Stream("stderr"));
        Assert.Single(exchange.Outputs, o => (string?)o.Content["name"] == "stderr");
        Assert.NotNull(exchange.One("display_data"));
        Assert.Equal("ok", exchange.Reply.Status);
    }

    [Fact]
    public async Task OneWriteThatIsTooLong_IsCutBetweenCharacters()
    {
        using var rig = new Rig(new FakeHost().On("flood", s => s.WriteStream(StandardStream.Output, "x" + string.Concat(Enumerable.Repeat("😀", StreamBuffer.MaxSent)))));
        await rig.ExecuteAsync("flood");
        var sent = rig.Outlet.Stream("stdout");
        Assert.Equal(StreamBuffer.MaxSent - 1, sent.Length);
        Assert.EndsWith("😀", sent);
    }

    [Fact]
    public async Task WholeOutput_IsSavedWhenAskedAndTooLong()
    {
        using var folder = new TemporaryFolder();
        using var rig = new Rig(
            new FakeHost().On("short", s => s.WriteStream(StandardStream.Output, "short")).On("flood", s =>
            {
                s.WriteStream(StandardStream.Output, "begin\n");
                for (var i = 0; i < 30; i++)
                    s.WriteStream(i % 2 == 0 ? StandardStream.Output : StandardStream.Error, new string((char)('a' + i % 26), 100_000));
            }),
            folder.PathOf("."));
        await rig.ExecuteAsync("short");
        await rig.ExecuteAsync("flood");
        var file = Assert.Single(Directory.GetFiles(folder.PathOf(".")));
        Assert.EndsWith("output-2.txt", file);
        Assert.Equal("begin\n" + string.Concat(Enumerable.Range(0, 30).Select(i => new string((char)('a' + i % 26), 100_000))), File.ReadAllText(file));
        Assert.Contains("it is whole in", rig.Outlet.Stream("stderr"));
    }

    [Fact]
    public async Task WholeOutput_ThatCannotBeSaved_IsSaidSo()
    {
        using var folder = new TemporaryFolder();
        using var rig = new Rig(new FakeHost().On("flood", s => s.WriteStream(StandardStream.Output, new string('x', 2_000_000))), folder.PathOf("missing"));
        Assert.Equal("ok", (await rig.ExecuteAsync("flood")).Reply.Status);
        Assert.Contains("could it be saved", rig.Outlet.Stream("stderr"));
    }
}
