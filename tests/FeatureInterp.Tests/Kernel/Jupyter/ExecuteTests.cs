using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Jupyter;

public class ExecuteTests
{
    [Fact]
    public async Task Cell_WithValue_IsInputResultReplyInOrder()
    {
        using var rig = new Rig(new FakeHost().Gives("6 * 7", "42"));
        var exchange = await rig.ExecuteAsync("6 * 7");
        Assert.Equal("busy execute_input execute_result execute_reply idle", exchange.Types);
        Assert.Equal("6 * 7", (string)exchange.One("execute_input").Content["code"]!);
        Assert.Equal("42", (string)exchange.One("execute_result").Content["data"]!["text/plain"]!);
        Assert.Empty(exchange.One("execute_result").Content["metadata"]!.AsObject());
        var reply = exchange.Reply.Content;
        Assert.Equal(("ok", 1), ((string)reply["status"]!, (int)reply["execution_count"]!));
        Assert.Empty(reply["user_expressions"]!.AsObject());
        Assert.Equal(("6 * 7", "cell 1"), Assert.Single(rig.Host.Ran));
    }

    [Fact]
    public async Task Cell_ThatFails_IsErrorWithNameMessageTraceback()
    {
        using var rig = new Rig(new FakeHost().Fails("boom", "InvalidCastException", "no"));
        var exchange = await rig.ExecuteAsync("boom");
        Assert.Equal("busy execute_input error execute_reply idle", exchange.Types);
        foreach (var content in new[] { exchange.One("error").Content, exchange.Reply.Content })
        {
            Assert.Equal(("InvalidCastException", "no"), ((string)content["ename"]!, (string)content["evalue"]!));
            Assert.Equal(2, content["traceback"]!.AsArray().Count);
        }

        Assert.Equal(("error", 1), (exchange.Reply.Status, (int)exchange.Reply.Content["execution_count"]!));
    }

    [Fact]
    public async Task Cell_ThatTheSessionCannotTake_IsAnErrorToo()
    {
        using var rig = new Rig(new FakeHost().On("bad", (_, _) => throw new FormatException("odd")));
        var exchange = await rig.ExecuteAsync("bad");
        Assert.Equal("busy execute_input error execute_reply idle", exchange.Types);
        Assert.Contains("odd", (string)exchange.Reply.Content["evalue"]!);
    }

    [Fact]
    public async Task Silent_RunsButTellsNobodyAndCountsNothing()
    {
        using var rig = new Rig(new FakeHost().Fails("boom").On("quiet", (sink, _) =>
        {
            sink.WriteStream(StandardStream.Output, "heard?");
            sink.Display(MimeBundle.FromText("seen?"), "d");
            return Task.FromResult(new CellResult(CellStatus.Succeeded, MimeBundle.FromText("value")));
        }));
        var exchange = await rig.ExecuteAsync("quiet", new() { ["silent"] = true });
        Assert.Equal("busy execute_reply idle", exchange.Types);
        Assert.Equal(0, (int)exchange.Reply.Content["execution_count"]!);
        exchange = await rig.ExecuteAsync("boom", new() { ["silent"] = true });
        Assert.Equal(("busy execute_reply idle", "error"), (exchange.Types, exchange.Reply.Status));
        Assert.Equal(1, (int)(await rig.ExecuteAsync("next")).Reply.Content["execution_count"]!);
        Assert.Equal(["next"], await HistoryAsync(rig));
    }

    [Fact]
    public async Task StoreHistoryFalse_IsHeardButNotCounted()
    {
        using var rig = new Rig(new FakeHost().Gives("a", "1"));
        await rig.ExecuteAsync("a");
        var exchange = await rig.ExecuteAsync("a", new() { ["store_history"] = false });
        Assert.Equal("busy execute_input execute_result execute_reply idle", exchange.Types);
        Assert.Equal(1, (int)exchange.Reply.Content["execution_count"]!);
        await rig.ExecuteAsync("a", new() { ["store_history"] = false });
        await rig.ExecuteAsync("b");
        Assert.Equal(["a", "b"], await HistoryAsync(rig));
        // Names are unique, so that an error's lines are those of the text that was run.
        Assert.Equal(4, rig.Host.Ran.Select(r => r.Name).Distinct().Count());
        Assert.Equal("cell 2", rig.Host.Ran[^1].Name);
    }

    [Fact]
    public async Task UserExpressions_AreEvaluatedAfterASuccess()
    {
        using var rig = new Rig(new FakeHost().Gives("x", "5").Fails("y").Fails("boom"));
        var asked = new JsonObject { ["user_expressions"] = new JsonObject { ["one"] = "x", ["two"] = "y", ["three"] = "void" } };
        var values = (await rig.ExecuteAsync("cell", asked)).Reply.Content["user_expressions"]!;
        Assert.Equal("5", (string)values["one"]!["data"]!["text/plain"]!);
        Assert.Equal(("error", "OopsException"), ((string)values["two"]!["status"]!, (string)values["two"]!["ename"]!));
        Assert.Equal("", (string)values["three"]!["data"]!["text/plain"]!);
        Assert.Empty((await rig.ExecuteAsync("boom", asked)).Reply.Content["user_expressions"]!.AsObject());
        Assert.Equal(2, rig.Host.Ran.Count(r => r.Code is "x" or "boom"));
    }

    [Fact]
    public async Task JsonTypes_GoOutAsJsonAndTextIsAlwaysThere()
    {
        var bundle = new MimeBundle([new("application/vnd.plotly.v1+json", "{\"data\":[1]}"), new("text/html", "<b>1</b>"), new("application/json", "{broken")]);
        using var rig = new Rig(new FakeHost().On("show", s => s.Display(bundle, "cell 1/1")));
        var shown = (await rig.ExecuteAsync("show")).One("display_data").Content;
        Assert.Equal(1, (int)shown["data"]!["application/vnd.plotly.v1+json"]!["data"]![0]!);
        Assert.Equal("<b>1</b>", (string)shown["data"]!["text/html"]!);
        Assert.Equal("{broken", (string)shown["data"]!["application/json"]!);
        Assert.NotEmpty((string)shown["data"]!["text/plain"]!);
        Assert.Empty(shown["metadata"]!.AsObject());
    }

    [Fact]
    public async Task Update_NamesTheDisplayAndClearSaysWhen()
    {
        using var rig = new Rig(new FakeHost().On("show", s =>
        {
            s.Display(MimeBundle.FromText("0 %"), "cell 1/1");
            s.UpdateDisplay(MimeBundle.FromText("50 %"), "cell 1/1");
            s.ClearOutput(wait: true);
            s.ClearOutput(wait: false);
        }));
        var exchange = await rig.ExecuteAsync("show");
        Assert.Equal("display_data update_display_data clear_output clear_output", string.Join(' ', exchange.Outputs.Select(o => o.Type)));
        var ids = exchange.Outputs.Take(2).Select(o => (string)o.Content["transient"]!["display_id"]!).ToArray();
        Assert.Equal(ids[0], ids[1]);
        // A restarted kernel counts anew, and must not update what the page still shows of the last one.
        Assert.StartsWith(rig.Outlet.Session, ids[0]);
        Assert.Equal([true, false], exchange.Outputs.Skip(2).Select(o => (bool)o.Content["wait"]!));
    }

    [Fact]
    public async Task EmptyCell_IsCountedButNotRun()
    {
        using var rig = new Rig();
        Assert.Equal(("ok", 1), ((await rig.ExecuteAsync("  \n")).Reply.Status, rig.Outlet.Replies.Count()));
        Assert.Empty(rig.Host.Ran);
    }

    [Theory]
    [InlineData("Console.WriteLine?", "Console.WriteLine")]
    [InlineData("?größe", "größe")]
    [InlineData("  x ?  ", "x")]
    public async Task QuestionAboutAName_IsAnsweredInThePager(string cell, string name)
    {
        var assistant = new KnowingAssistant();
        using var rig = new Rig(new FakeHost { Assistant = assistant });
        var exchange = await rig.ExecuteAsync(cell);
        var page = Assert.Single(exchange.Reply.Content["payload"]!.AsArray())!;
        Assert.Equal(("page", 0), ((string)page["source"]!, (int)page["start"]!));
        Assert.Equal("about " + name, (string)page["data"]!["text/plain"]!);
        Assert.Empty(rig.Host.Ran);
    }

    [Theory]
    [InlineData("a ? b : c")]
    [InlineData("x?.Y")]
    [InlineData("1?")]
    [InlineData("a?\nb?")]
    public async Task WhatIsCSharp_IsNoQuestion(string cell)
    {
        using var rig = new Rig();
        await rig.ExecuteAsync(cell);
        Assert.Equal(cell, Assert.Single(rig.Host.Ran).Code);
    }

    private static async Task<string[]> HistoryAsync(Rig rig) =>
        [.. (await rig.AskAsync("history_request", new() { ["hist_access_type"] = "tail", ["n"] = 100 })).Reply.Content["history"]!.AsArray().Select(e => (string)e![2]!)];

    private sealed class KnowingAssistant : ICodeAssistant
    {
        public CompletionList Complete(string code, int position, CancellationToken token) => CompletionList.None(position);

        public Inspection? Inspect(string code, int position, int detail, CancellationToken token) =>
            position == code.Length && detail == 1 ? new Inspection(MimeBundle.FromText("about " + code)) : null;

        public CompletenessStatus IsComplete(string code) => CompletenessStatus.Complete;
    }
}
