using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Jupyter;

public class DispatcherTests
{
    [Theory]
    [InlineData(RequestChannel.Shell)]
    [InlineData(RequestChannel.Control)]
    internal async Task KernelInfo_OverBothChannels_SaysCSharpBetweenBusyAndIdle(RequestChannel channel)
    {
        using var rig = new Rig();
        var exchange = await rig.AskAsync("kernel_info_request", channel: channel);
        Assert.Equal("busy kernel_info_reply idle", exchange.Types);
        var reply = exchange.Reply.Content;
        Assert.Equal(("ok", "5.3", "featureinterp"), ((string)reply["status"]!, (string)reply["protocol_version"]!, (string)reply["implementation"]!));
        Assert.Equal(("C#", ".cs", "csharp"), ((string)reply["language_info"]!["name"]!, (string)reply["language_info"]!["file_extension"]!, (string)reply["language_info"]!["pygments_lexer"]!));
        Assert.NotEmpty((string)reply["banner"]!);
        Assert.All(reply["help_links"]!.AsArray(), l => Assert.StartsWith("https://", (string)l!["url"]!));
    }

    [Theory]
    [InlineData("debug_request")]
    [InlineData("usage_request")]
    [InlineData("no_such_request")]
    public async Task UnknownRequest_IsAnsweredWithAnError(string type)
    {
        using var rig = new Rig();
        var exchange = await rig.AskAsync(type, channel: RequestChannel.Control);
        Assert.Equal($"busy {type[..^"request".Length]}reply idle", exchange.Types);
        Assert.Equal("error", exchange.Reply.Status);
        Assert.Contains(type, (string)exchange.Reply.Content["evalue"]!);
    }

    [Fact]
    public async Task UnknownMessageThatIsNoRequest_HasNoReply()
    {
        using var rig = new Rig();
        Assert.Equal("busy idle", (await rig.AskAsync("something_else")).Types);
    }

    [Theory]
    [InlineData("execute_request")]
    [InlineData("complete_request")]
    [InlineData("inspect_request")]
    public async Task WhatTouchesTheSession_IsRefusedOverControl(string type)
    {
        using var rig = new Rig();
        var exchange = await rig.AskAsync(rig.Client.Request(type, new() { ["code"] = "1" }), RequestChannel.Control);
        Assert.Equal("WrongChannel", (string)exchange.Reply.Content["ename"]!);
        Assert.Empty(rig.Host.Ran);
    }

    public static TheoryData<string, string, string> WrongContents => new()
    {
        { "execute_request", "{}", "has no 'code'" },
        { "execute_request", "{\"code\":5}", "'code' is Number" },
        { "execute_request", "{\"code\":null}", "has no 'code'" },
        { "execute_request", "{\"code\":\"\\udc00\"}", "half of a surrogate pair" },
        { "execute_request", "{\"code\":\"1\",\"silent\":\"no\"}", "'silent' is String" },
        { "execute_request", "{\"code\":\"1\",\"store_history\":1}", "'store_history' is Number" },
        { "execute_request", "{\"code\":\"1\",\"allow_stdin\":[]}", "'allow_stdin' is Array" },
        { "execute_request", "{\"code\":\"1\",\"stop_on_error\":{}}", "'stop_on_error' is Object" },
        { "execute_request", "{\"code\":\"1\",\"user_expressions\":[]}", "'user_expressions' is Array" },
        { "execute_request", "{\"code\":\"1\",\"user_expressions\":{\"a\":1}}", "'a' is Number" },
        { "execute_request", "{\"code\":\"1\",\"user_expressions\":{\"\\ud800\":\"1\"}}", "not valid text" },
        { "complete_request", "{}", "has no 'code'" },
        { "complete_request", "{\"code\":\"a\",\"cursor_pos\":\"1\"}", "'cursor_pos' is String" },
        { "complete_request", "{\"code\":\"a\",\"cursor_pos\":99999999999}", "'cursor_pos' is Number, and wanted is a whole number" },
        { "inspect_request", "{\"code\":\"a\",\"detail_level\":true}", "'detail_level' is True" },
        { "is_complete_request", "{\"code\":{}}", "'code' is Object" },
        { "history_request", "{\"hist_access_type\":\"guess\"}", "'guess' is no way to look" },
        { "history_request", "{\"hist_access_type\":\"tail\",\"n\":-1}", "'n' is negative" },
        { "shutdown_request", "{\"restart\":\"yes\"}", "'restart' is String" },
    };

    [Theory, MemberData(nameof(WrongContents))]
    public async Task FieldMissingOrOfTheWrongKind_IsOneSentenceInTheReply(string type, string content, string what)
    {
        using var rig = new Rig();
        var exchange = await rig.AskAsync(rig.Client.Signed(rig.Client.Header(type).ToJsonString(), "{}", "{}", content));
        Assert.Equal("BadRequest", (string)exchange.Reply.Content["ename"]!);
        Assert.Contains(what, (string)exchange.Reply.Content["evalue"]!);
        Assert.Equal(("busy", "idle"), (exchange.Types.Split(' ')[0], exchange.Types.Split(' ')[^1]));
        Assert.Empty(rig.Host.Ran);
        Assert.Equal(0, rig.Shutdowns);
        Assert.Equal("ok", (await rig.AskAsync("kernel_info_request")).Reply.Status);
    }

    [Fact]
    public async Task WhatIsNoMessage_IsNotedAndTheNextIsAnswered()
    {
        using var rig = new Rig();
        var twice = rig.Client.Request("kernel_info_request");
        await rig.AskAsync(twice);
        rig.Send(twice);
        rig.Send([]);
        rig.Send([[1, 2, 3]]);
        rig.Send(new ClientMessages("wrong").Request("kernel_info_request"));
        rig.Send(rig.Client.Signed("not", "json", "at", "all"));
        await rig.AskAsync("kernel_info_request");
        Assert.Equal(5, rig.Log.Count);
        Assert.Contains("second time", rig.Notes.ToString());
        Assert.Contains("not signed", rig.Notes.ToString());
        Assert.Equal(2, rig.Outlet.Replies.Count());
    }

    [Fact]
    public async Task HandlerThatThrows_IsAnErrorReplyAndTheLoopGoesOn()
    {
        using var rig = new Rig(new FakeHost { Assistant = new ThrowingAssistant() });
        var exchange = await rig.AskAsync("complete_request", new() { ["code"] = "a", ["cursor_pos"] = 1 });
        Assert.Equal("KernelError", (string)exchange.Reply.Content["ename"]!);
        Assert.Contains("DivideByZero", (string)exchange.Reply.Content["evalue"]!);
        Assert.Equal("Cancelled", (string)(await rig.AskAsync("inspect_request", new() { ["code"] = "a", ["cursor_pos"] = 1 })).Reply.Content["ename"]!);
        Assert.Equal("ok", (await rig.AskAsync("kernel_info_request")).Reply.Status);
    }

    [Fact]
    public async Task Shutdown_AnswersTellsEverybodyAndBeginsTheEnd()
    {
        using var rig = new Rig();
        var exchange = await rig.AskAsync("shutdown_request", new() { ["restart"] = true }, RequestChannel.Control);
        Assert.Equal(1, rig.Shutdowns);
        Assert.True((bool)exchange.Reply.Content["restart"]!);
        Assert.True((bool)exchange.Published.Single(m => m.Type == "shutdown_reply").Content["restart"]!);
    }

    [Fact]
    public async Task CommInfo_IsEmptyAndOpeningIsClosed()
    {
        using var rig = new Rig();
        Assert.Empty((await rig.AskAsync("comm_info_request", new() { ["target_name"] = "jupyter.widget" })).Reply.Content["comms"]!.AsObject());
        var opened = await rig.AskAsync("comm_open", new() { ["comm_id"] = "c-1", ["target_name"] = "jupyter.widget", ["data"] = new JsonObject() });
        Assert.Equal("busy comm_close idle", opened.Types);
        Assert.Equal("c-1", (string)opened.One("comm_close").Content["comm_id"]!);
        Assert.Equal("busy comm_close idle", (await rig.AskAsync("comm_msg", new() { ["comm_id"] = "c-1", ["data"] = new JsonObject() })).Types);
        Assert.Equal("busy idle", (await rig.AskAsync("comm_close", new() { ["comm_id"] = "c-1" })).Types);
        Assert.Equal("busy idle", (await rig.AskAsync("comm_open", new() { ["comm_id"] = 3 })).Types);
    }

    private sealed class ThrowingAssistant : ICodeAssistant
    {
        public CompletionList Complete(string code, int position, CancellationToken token) => throw new DivideByZeroException();

        public Inspection? Inspect(string code, int position, int detail, CancellationToken token) => throw new OperationCanceledException();

        public CompletenessStatus IsComplete(string code) => CompletenessStatus.Complete;
    }
}
