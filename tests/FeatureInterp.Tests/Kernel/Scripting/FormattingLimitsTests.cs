using System.Text.Json;
using FeatureInterp.Kernel.Scripting;
using Microsoft.DotNet.Interactive.Formatting;

namespace FeatureInterp.Tests.Kernel.Scripting;

/// <summary>What a cell returns is anybody's code: it may throw, never end, contain itself, or be far too long.</summary>
public class FormattingLimitsTests
{
    [Fact]
    public async Task LazySequence_IsRunOnce()
    {
        var cells = new Cells();
        Assert.Equal("[0, 1, 2]", await cells.ValueAsync("IEnumerable<int> Three() { for (var i = 0; i < 3; i++) { Console.Write(i); yield return i; } }\nThree()"));
        Assert.Equal("012", cells.Out);
    }

    [Fact]
    public async Task EndlessSequence_OfRecords_IsATableWithAnEnd()
    {
        var text = await new Cells().ValueAsync("record P(int X);\nIEnumerable<P> All() { for (var i = 0; ; i++) yield return new P(i); }\nAll()");
        Assert.EndsWith("39\n… more rows", text);
    }

    [Fact]
    public async Task RecordThatContainsItself_IsCutOff()
    {
        var text = (await new Cells().ValueAsync("record Node(string Name) { public Node Next { get; set; } }\nvar n = new Node(\"a\"); n.Next = n;\nn"))!;
        Assert.StartsWith("Node { Name = \"a\", Next = ", text);
        Assert.InRange(text.Length, 1, ValueFormatter.MaxText + 100);
    }

    [Fact]
    public async Task ObjectsThatContainEachOther_AreCutOff()
    {
        var text = await new Cells().ValueAsync("class A { public B Other { get; set; } } class B { public A Other { get; set; } }\nvar a = new A(); a.Other = new B { Other = a };\nvar list = new List<object>(); list.Add(list); list.Add(a);\nlist");
        Assert.Equal("[[[List<Object>, A], A { Other = B }], A { Other = B { Other = A } }]", text);
    }

    [Fact]
    public void HugeStringInside_IsCutAndCounted()
    {
        var text = ValueFormatter.Format(new[] { new string('x', 50_000), "y" }).PlainText!;
        Assert.Contains("…\" (50000 letters)", text);
        Assert.EndsWith("\"y\"]", text);
        Assert.InRange(text.Length, 4_000, 5_000);
    }

    [Fact]
    public void FormatterForPlainTextThatThrows_IsNamedAndTheMembersAreShown()
    {
        Formatter.Register<Breaks>((_, _) => throw new InvalidOperationException("no words"), "text/plain");
        var bundle = ValueFormatter.Format(new Breaks());
        Assert.Equal("Breaks { Four = 4 }\n(text/plain could not be made by the formatter of Breaks: InvalidOperationException: no words)", bundle.PlainText);
        Assert.Equal("[(InvalidOperationException in the formatter of Breaks), 1]", ValueFormatter.Format(new object[] { new Breaks(), 1 }).PlainText);
    }

    [Fact]
    public void FormatterThatNeverStops_IsEnded()
    {
        Formatter.Register<Endless>((_, writer) =>
        {
            while (true)
                writer.Write("0123456789abcdef");
        }, "text/html");
        Formatter.SetPreferredMimeTypesFor(typeof(Endless), "text/html");
        Assert.Contains("text/html could not be made by the formatter of Endless", ValueFormatter.Format(new Endless()).PlainText);
    }

    [Fact]
    public async Task PreferredMimeTypes_SetInACell_AreGiven()
    {
        var cells = new Cells();
        await cells.ValueAsync("public record Pair(int A, int B);\nFormatter.SetPreferredMimeTypesFor(typeof(Pair), \"application/json\", \"text/plain\");");
        var value = (await cells.RunAsync("new Pair(1, 2)")).Value!;
        var json = JsonDocument.Parse(value.Items["application/json"]).RootElement;
        Assert.Equal((1, 2), (json.GetProperty("A").GetInt32(), json.GetProperty("B").GetInt32()));
        Assert.Equal("Pair { A = 1, B = 2 }", value.PlainText);
    }

    [Fact]
    public async Task DictionariesOfFields_AreATable()
    {
        var text = await new Cells().ValueAsync("new[] { new Dictionary<string, object> { [\"a\"] = 1, [\"b\"] = \"x\" }, new() { [\"b\"] = \"y\", [\"a\"] = 2 } }");
        Assert.Equal("a  b\n─  ─\n1  x\n2  y", text);
    }

    [Fact]
    public void Json_IsItsText()
    {
        Assert.Equal("{\"a\":1}", ValueFormatter.Format(JsonDocument.Parse("{\"a\":1}")).PlainText);
        Assert.Equal("[1,2]", ValueFormatter.Format(JsonDocument.Parse("[1,2]").RootElement).PlainText);
    }

    private sealed class Breaks
    {
        public int Four => 4;
    }

    private sealed class Endless;
}
