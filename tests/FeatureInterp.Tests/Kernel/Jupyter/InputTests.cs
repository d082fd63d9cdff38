using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Jupyter;

public class InputTests
{
    private static readonly JsonObject Allowed = new() { ["allow_stdin"] = true };

    [Fact]
    public async Task Question_GoesToWhoeverRanTheCellAndItsAnswerToTheCell()
    {
        using var rig = new Rig(Asking("Name? ", password: true));
        var running = rig.ExecuteAsync("ask", Allowed);
        var question = await rig.Outlet.SeenAsync(m => m.Channel == "stdin");
        Assert.Equal(("Name? ", true), ((string)question.Content["prompt"]!, (bool)question.Content["password"]!));
        Assert.Contains(rig.Outlet.All.TakeWhile(m => m != question), m => m.Type == "stream");
        rig.Answer("Ada", "question 1");
        Assert.Equal("Ada", (string)(await running).One("execute_result").Content["data"]!["text/plain"]!);
    }

    [Fact]
    public async Task Answers_ToOtherQuestionsOrToNone_AreNotTaken()
    {
        using var rig = new Rig(Asking(""));
        rig.Answer("before anyone asked");
        var running = rig.ExecuteAsync("ask", Allowed);
        await rig.Outlet.SeenAsync(m => m.Channel == "stdin");
        rig.Answer("to something else", "question 0");
        rig.Answer("first", "");
        rig.Answer("second");
        Assert.Equal("first", (string)(await running).One("execute_result").Content["data"]!["text/plain"]!);
    }

    [Fact]
    public async Task NotAllowed_IsAClearException()
    {
        using var rig = new Rig(Asking("Name?"));
        var exchange = await rig.ExecuteAsync("ask");
        Assert.Contains("allow_stdin is false", (string)exchange.Reply.Content["evalue"]!);
        Assert.DoesNotContain(rig.Outlet.All, m => m.Channel == "stdin");
        rig.Outlet.HasStdin = false;
        Assert.Contains("has not opened its channel", (string)(await rig.ExecuteAsync("ask", Allowed)).Reply.Content["evalue"]!);
    }

    [Fact]
    public async Task Interrupt_EndsTheWaitingAndTheNextQuestionIsAsked()
    {
        using var rig = new Rig(Asking(""));
        var running = rig.ExecuteAsync("ask", Allowed);
        await rig.Outlet.SeenAsync(m => m.Channel == "stdin");
        await rig.AskAsync("interrupt_request", channel: RequestChannel.Control);
        Assert.Equal("error", (await running).Reply.Status);
        running = rig.ExecuteAsync("ask", Allowed);
        await rig.Outlet.SeenAsync(m => m.Channel == "stdin" && m.ParentId.EndsWith('3'));
        rig.Answer("now");
        Assert.Equal("now", (string)(await running).One("execute_result").Content["data"]!["text/plain"]!);
    }

    [Fact]
    public async Task TwoThreads_AskOneAfterTheOther()
    {
        using var rig = new Rig(new FakeHost().On("ask", async (sink, token) =>
        {
            var both = await Task.WhenAll(Task.Run(() => sink.ReadLine("a", false, token)), Task.Run(() => sink.ReadLine("b", false, token)));
            return new CellResult(CellStatus.Succeeded, MimeBundle.FromText(string.Join(' ', both.Order())));
        }));
        var running = rig.ExecuteAsync("ask", Allowed);
        await rig.Outlet.SeenAsync(m => m.Channel == "stdin");
        await Task.Delay(100);
        Assert.Single(rig.Outlet.All, m => m.Channel == "stdin");
        rig.Answer("one", "question 1");
        for (var tries = 0; tries < 1000 && rig.Outlet.All.Count(m => m.Channel == "stdin") < 2; tries++)
            await Task.Delay(10);
        rig.Answer("two", "question 2");
        Assert.Equal("one two", (string)(await running).One("execute_result").Content["data"]!["text/plain"]!);
    }

    private static FakeHost Asking(string prompt, bool password = false) => new FakeHost().On("ask", (sink, token) => Task.Run(() =>
    {
        sink.WriteStream(StandardStream.Output, "Please: ");
        try
        {
            return new CellResult(CellStatus.Succeeded, MimeBundle.FromText(sink.ReadLine(prompt, password, token)));
        }
        catch (Exception e)
        {
            return new CellResult(CellStatus.Failed, Error: new ErrorOutput(e.GetType().Name, e.Message, [e.Message]));
        }
    }));
}
