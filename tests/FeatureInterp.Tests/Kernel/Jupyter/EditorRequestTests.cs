using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Jupyter;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Jupyter;

public class EditorRequestTests
{
    [Theory]
    [InlineData("abc", 2, 2)]
    [InlineData("😀a", 1, 2)]
    [InlineData("😀a", 2, 3)]
    [InlineData("a😀😀b", 3, 5)]
    [InlineData("\ud83da", 1, 1)]
    [InlineData("ab", 9, 2)]
    [InlineData("ab", -1, 0)]
    [InlineData("", 0, 0)]
    public void Cursor_CountsCharacters_CSharpCountsUnits(string text, int characters, int units) =>
        Assert.Equal(units, CodePoints.ToUtf16(text, characters));

    [Fact]
    public void Cursor_EveryPlace_ComesBack()
    {
        foreach (var text in new[] { "", "plain", "ä😀z", "😀😀", "\udc00x\ud83d" })
        {
            // Python's len(): what string.EnumerateRunes counts too, a lone half as one.
            var length = text.EnumerateRunes().Count();
            for (var i = 0; i <= length; i++)
                Assert.Equal(i, CodePoints.FromUtf16(text, CodePoints.ToUtf16(text, i)));
        }
    }

    [Fact]
    public async Task Complete_GivesMatchesAndPlacesInCharacters()
    {
        var assistant = new ScriptedAssistant { List = new CompletionList(5, 7, [new("Writer", "class", "class Writer"), new("Write", "function")]) };
        using var rig = new Rig(new FakeHost { Assistant = assistant });
        var reply = (await rig.AskAsync("complete_request", new() { ["code"] = "😀😀.Wr", ["cursor_pos"] = 5 })).Reply.Content;
        Assert.Equal(("😀😀.Wr", 7), assistant.Asked);
        Assert.Equal(["Writer", "Write"], reply["matches"]!.AsArray().Select(m => (string)m!));
        Assert.Equal((3, 5), ((int)reply["cursor_start"]!, (int)reply["cursor_end"]!));
        var typed = reply["metadata"]!["_jupyter_types_experimental"]!.AsArray();
        Assert.Equal(("class", "class Writer"), ((string)typed[0]!["type"]!, (string)typed[0]!["signature"]!));
    }

    [Theory]
    [InlineData(999)]
    [InlineData(-3)]
    public async Task Complete_CursorOutsideTheText_IsAtItsEnds(int cursor)
    {
        var assistant = new ScriptedAssistant();
        using var rig = new Rig(new FakeHost { Assistant = assistant });
        Assert.Equal("ok", (await rig.AskAsync("complete_request", new() { ["code"] = "abc", ["cursor_pos"] = cursor })).Reply.Status);
        Assert.Equal(("abc", cursor < 0 ? 0 : 3), assistant.Asked);
    }

    [Fact]
    public async Task Inspect_FoundOrNot()
    {
        var assistant = new ScriptedAssistant { Found = new Inspection(new MimeBundle([new("text/plain", "int x"), new("text/html", "<b>int</b> x")])) };
        using var rig = new Rig(new FakeHost { Assistant = assistant });
        var reply = (await rig.AskAsync("inspect_request", new() { ["code"] = "x", ["cursor_pos"] = 1, ["detail_level"] = 0 })).Reply.Content;
        Assert.Equal(("ok", true, "<b>int</b> x"), ((string)reply["status"]!, (bool)reply["found"]!, (string)reply["data"]!["text/html"]!));
        assistant.Found = null;
        reply = (await rig.AskAsync("inspect_request", new() { ["code"] = "x", ["cursor_pos"] = 1 })).Reply.Content;
        Assert.False((bool)reply["found"]!);
        Assert.Empty(reply["data"]!.AsObject());
    }

    [Theory]
    [InlineData("1 + 1", "complete", null)]
    [InlineData("var x = 3;", "complete", null)]
    [InlineData("x?", "complete", null)]
    [InlineData("#!time\nvar x = 3;", "complete", null)]
    [InlineData("", "complete", null)]
    [InlineData("for (var i = 0; i < 3; i++) {", "incomplete", "    ")]
    [InlineData("void F()\n{\n  if (true) {", "incomplete", "      ")]
    [InlineData("var x = Math.Max(1,", "incomplete", "")]
    [InlineData("var x = ;", "invalid", null)]
    [InlineData("var x = 1 1;", "invalid", null)]
    public async Task IsComplete_TellsWhatEnterShouldDo(string code, string status, string? indent)
    {
        using var rig = new Rig();
        var reply = (await rig.AskAsync("is_complete_request", new() { ["code"] = code })).Reply.Content;
        Assert.Equal((status, indent), ((string)reply["status"]!, (string?)reply["indent"]));
    }

    [Fact]
    public async Task History_TailRangeAndSearch()
    {
        using var rig = new Rig(new FakeHost().Gives("1 + 1", "2").Fails("boom"));
        foreach (var code in new[] { "1 + 1", "boom", "var x = 1;", "1 + 1", "var y = 2;" })
            await rig.ExecuteAsync(code);
        Assert.Equal(["4:1 + 1", "5:var y = 2;"], await History(new() { ["hist_access_type"] = "tail", ["n"] = 2 }));
        Assert.Equal(["2:boom", "3:var x = 1;"], await History(new() { ["hist_access_type"] = "range", ["session"] = 0, ["start"] = 2, ["stop"] = 4 }));
        Assert.Equal(["2:boom"], await History(new() { ["hist_access_type"] = "range", ["session"] = 1, ["start"] = 2, ["stop"] = 3 }));
        Assert.Empty(await History(new() { ["hist_access_type"] = "range", ["session"] = -3, ["start"] = 0, ["stop"] = 9 }));
        Assert.Equal(["3:var x = 1;", "5:var y = 2;"], await History(new() { ["hist_access_type"] = "search", ["pattern"] = "var ? = *" }));
        Assert.Equal(["1:1 + 1", "4:1 + 1"], await History(new() { ["hist_access_type"] = "search", ["pattern"] = "1*", ["n"] = 3 }));
        Assert.Equal(["4:1 + 1"], await History(new() { ["hist_access_type"] = "search", ["pattern"] = "1*", ["unique"] = true }));
        var withOutput = (await rig.AskAsync("history_request", new() { ["hist_access_type"] = "tail", ["n"] = 2, ["output"] = true })).Reply.Content["history"]!;
        Assert.Equal(("1 + 1", "2"), ((string)withOutput[0]![2]![0]!, (string)withOutput[0]![2]![1]!));
        Assert.Null(withOutput[1]![2]![1]);

        async Task<string[]> History(JsonObject asked) =>
            [.. (await rig.AskAsync("history_request", asked)).Reply.Content["history"]!.AsArray().Select(e => $"{e![1]}:{e[2]}")];
    }

    [Fact]
    public void History_IsBoundedInNumberAndLength()
    {
        var history = new ExecutionHistory(maxEntries: 3, maxCharacters: 100);
        for (var i = 1; i <= 5; i++)
            history.Add(new HistoryEntry(i, "code", null));
        Assert.Equal([3, 4, 5], history.Entries.Select(e => e.Number));
        history.Add(new HistoryEntry(6, new string('x', 95), "12345"));
        Assert.Equal([6], history.Entries.Select(e => e.Number));
        history.Add(new HistoryEntry(7, new string('x', 500), null));
        Assert.Equal([7], history.Entries.Select(e => e.Number));
    }

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("a*b*c", "a-b-b-c", true)]
    [InlineData("a*b*c", "a-c-b", false)]
    [InlineData("?", "", false)]
    [InlineData("??*", "ab", true)]
    [InlineData("*.*", "no", false)]
    [InlineData("[a]", "[a]", true)]
    public void Glob_StarsAndQuestionMarks(string pattern, string text, bool matches) => Assert.Equal(matches, Glob.Matches(pattern, text));

    [Fact]
    public void Glob_HostilePattern_EndsSoon()
    {
        var pattern = string.Concat(Enumerable.Repeat("a*", 1000)) + "b";
        Assert.False(Glob.Matches(pattern, new string('a', 20_000)));
    }

    private sealed class ScriptedAssistant : ICodeAssistant
    {
        public CompletionList? List { get; init; }

        public Inspection? Found { get; set; }

        public (string Code, int Position) Asked { get; private set; }

        public CompletionList Complete(string code, int position, CancellationToken token)
        {
            Asked = (code, position);
            return List ?? CompletionList.None(position);
        }

        public Inspection? Inspect(string code, int position, int detail, CancellationToken token) => Found;

        public CompletenessStatus IsComplete(string code) => CompletenessStatus.Complete;
    }
}
