using System.Text;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Runner;
using FeatureInterp.Tests.Tokenizers;

namespace FeatureInterp.Tests.Kernel.Jupyter;

/// <summary>Whole talks over real sockets, the C# session behind them.</summary>
public sealed class KernelConversationTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _notes = new();
    private JupyterKernel? _kernel;
    private Task<int>? _running;

    public async ValueTask DisposeAsync()
    {
        _kernel?.End(ExitCode.Success);
        if (_running is not null)
            await _running;
        if (_kernel is not null)
            await _kernel.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("tcp", "a key")]
    [InlineData("tcp", "")]
    [InlineData("ipc", "a key")]
    public async Task Talk_FromFirstCellToShutdown(string transport, string key)
    {
        Assert.SkipWhen(transport == "ipc" && OperatingSystem.IsWindows(), "front ends do not use Unix sockets there");
        using var talk = await StartAsync(transport, key);
        var (reply, published) = await talk.ExecuteAsync("Console.WriteLine(\"hello, wörld 😀\");\nvar x = 20;\nx + 1");
        Assert.Equal(("execute_reply", "ok", 1), (reply.Type, (string)reply.Content["status"]!, (int)reply.Content["execution_count"]!));
        Assert.Equal("busy execute_input stream execute_result idle", string.Join(' ', published.Select(p => p.State ?? p.Type)));
        Assert.Equal("hello, wörld 😀\n", published[2].Text);
        Assert.Equal("21", (string)published[3].Content["data"]!["text/plain"]!);

        (reply, published) = await talk.ExecuteAsync("throw new InvalidOperationException($\"{x} is wrong\");");
        Assert.Equal(("InvalidOperationException", "20 is wrong"), ((string)reply.Content["ename"]!, (string)reply.Content["evalue"]!));
        Assert.Contains("cell 2, line 1", reply.Content["traceback"]!.ToJsonString());
        Assert.Equal("error", published[^2].Type);

        (_, published) = await talk.ExecuteAsync("var shown = display(1);\nshown.Update(2);");
        Assert.Equal(["display_data", "update_display_data"], published.Select(p => p.Type).Where(t => t.Contains("display")));

        await talk.HeartBeat.SendAsync([], "still there?"u8.ToArray());
        Assert.Equal("still there?", Encoding.UTF8.GetString((await talk.HeartBeat.ReceiveAsync())[^1]));

        (reply, published) = await talk.AskAsync(talk.Control, talk.Messages.Request("shutdown_request", new() { ["restart"] = false }));
        Assert.Equal(("shutdown_reply", false), (reply.Type, (bool)reply.Content["restart"]!));
        Assert.Contains(published, p => p.Type == "shutdown_reply");
        Assert.Equal(ExitCode.Success, await _running!.WaitAsync(ZmtpTestClient.Patience));
        Assert.Equal("", _notes.ToString());
    }

    [Fact]
    public async Task WhatIsNotSigned_OrComesTwice_IsDroppedAndTheKernelGoesOn()
    {
        using var talk = await StartAsync("tcp", "a key");
        await talk.Shell.SendAsync(new ClientMessages("another key").Execute("throw new Exception();"));
        var replayed = talk.Messages.Execute("var n = 1;");
        await talk.AskAsync(talk.Shell, replayed);
        await talk.Shell.SendAsync(replayed);
        await talk.Shell.SendAsync(replayed[..3]);
        await talk.Shell.SendAsync(Enumerable.Repeat(new byte[] { 1 }, 100).ToArray());
        await talk.Stdin.SendAsync(talk.Messages.Request("input_reply"));
        await talk.Stdin.SendAsync([9]);
        var (reply, _) = await talk.ExecuteAsync("n");
        Assert.Equal(2, (int)reply.Content["execution_count"]!);
        Assert.Contains("not signed", _notes.ToString());
        Assert.Contains("second time", _notes.ToString());
    }

    [Fact]
    public async Task CellThatNeverEnds_IsInterruptedAndVariablesStay()
    {
        using var talk = await StartAsync("tcp", "a key");
        await talk.ExecuteAsync("var kept = 5;");
        var frames = talk.Messages.Execute("Console.Write(\"on my way\");\nwhile (true) { }");
        await talk.Shell.SendAsync(frames);
        await talk.PublishedAsync("stream");
        var (interrupted, _) = await talk.AskAsync(talk.Control, talk.Messages.Request("interrupt_request"));
        Assert.Equal("ok", (string)interrupted.Content["status"]!);
        var ended = await talk.ReplyAsync(talk.Shell, (string)JsonNode.Parse(frames[2])!["msg_id"]!);
        Assert.Equal(("error", "Cancelled"), ((string)ended.Content["status"]!, (string)ended.Content["ename"]!));
        var (_, published) = await talk.ExecuteAsync("kept + 1");
        Assert.Equal("6", (string)published.Single(p => p.Type == "execute_result").Content["data"]!["text/plain"]!);
    }

    [Fact]
    public async Task FormatterThatThrows_FailsNothing()
    {
        using var talk = await StartAsync("tcp", "a key");
        await talk.ExecuteAsync("""
            class Bad { public override string ToString() => throw new Exception("no text"); }
            Microsoft.DotNet.Interactive.Formatting.Formatter.Register<Bad>(b => throw new Exception("no html"), "text/html");
            """);
        var (reply, published) = await talk.ExecuteAsync("new Bad()");
        Assert.Equal("ok", (string)reply.Content["status"]!);
        Assert.NotNull((string?)published.Single(p => p.Type == "execute_result").Content["data"]!["text/plain"]);
    }

    [Fact]
    public async Task ThreadLeftRunning_SpeaksForItsCell()
    {
        using var talk = await StartAsync("tcp", "a key");
        var left = talk.Messages.Execute("""
            var go = new ManualResetEventSlim();
            new Thread(() => { go.Wait(); Console.WriteLine("late"); }).Start();
            """);
        await talk.AskAsync(talk.Shell, left);
        await talk.Shell.SendAsync(talk.Messages.Execute("go.Set();"));
        var late = await talk.PublishedAsync("stream");
        Assert.Equal(("late\n", (string)JsonNode.Parse(left[2])!["msg_id"]!), (late.Text, late.ParentId));
    }

    [Fact]
    public async Task CellsBehindOneThatFails_AreAborted()
    {
        using var talk = await StartAsync("tcp", "a key");
        var cells = new[] { "await Task.Delay(300); throw new Exception(\"stop\");", "Console.WriteLine(\"never\");" }.Select(c => talk.Messages.Execute(c)).ToArray();
        foreach (var cell in cells)
            await talk.Shell.SendAsync(cell);
        var replies = new List<string>();
        foreach (var cell in cells)
            replies.Add((string)(await talk.ReplyAsync(talk.Shell, (string)JsonNode.Parse(cell[2])!["msg_id"]!)).Content["status"]!);
        Assert.Equal(["error", "aborted"], replies);
    }

    [Fact]
    public async Task TwoClients_HearTheSameAndGetTheirOwnReplies()
    {
        using var first = await StartAsync("tcp", "a key");
        using var second = await KernelConversation.ConnectAsync(ConnectionFile.Load(_folder.PathOf("kernel.json")));
        var (reply, published) = await first.ExecuteAsync("var shared = 3;");
        Assert.Equal((string)published[0].Parent["msg_id"]!, (await second.UntilIdleAsync(reply.ParentId!))[0].ParentId);
        (reply, _) = await second.ExecuteAsync("shared");
        Assert.Equal(2, (int)reply.Content["execution_count"]!);
    }

    private async Task<KernelConversation> StartAsync(string transport, string key)
    {
        var path = _folder.Write("kernel.json", KernelConversation.ConnectionJson(key, transport, transport == "ipc" ? _folder.PathOf("s") : "127.0.0.1"));
        var file = ConnectionFile.Load(path);
        _kernel = new JupyterKernel(file, new SessionHost(_folder.PathOf(".")), new KernelLog(TextWriter.Synchronized(_notes)), null);
        _running = _kernel.RunAsync();
        return await KernelConversation.ConnectAsync(file);
    }
}
