using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Kernel.Scripting.Assist;

/// <summary>What is offered at a place.</summary>
public class CompletionTests
{
    // No cell is ever run in it: what is asked of it needs no variables.
    private static readonly Cells Unused = new();

    [Theory]
    [InlineData("Console.WriteL|", "WriteLine")]
    [InlineData("Console.|", "ReadLine")]
    [InlineData("int.Par|", "Parse")]
    [InlineData("\"a\".To|", "ToUpperInvariant")]
    [InlineData("var xs = new List<int>(); xs.Ad|", "AddRange")]
    [InlineData("var xs = new List<int>(); xs.Wh|", "Where")]
    [InlineData("var xs = new List<string>();\nxs.Select(x => x.Len|", "Length")]
    [InlineData("var s = \"a\"; s?.Tri|", "Trim")]
    [InlineData("string Shout(string text) { return tex|", "text")]
    [InlineData("for (var index = 0; ind|", "index")]
    [InlineData("foreach (var word in new[] { \"a\" }) { word.Sub|", "Substring")]
    [InlineData("System.Text.Jso|", "Json")]
    [InlineData("using System.Net.Ht|", "Http")]
    [InlineData("new Dic|", "Dictionary")]
    [InlineData("new Dictionary<str|", "string")]
    [InlineData("Math.P|", "PI")]
    [InlineData("DayOfWeek.|", "Friday")]
    [InlineData("record P(int Left, int Right); var p = new P(1, 2); p.R|", "Right")]
    [InlineData("class C { public int Width { get; set; } } new C { Wi|", "Width")]
    [InlineData("string.Join(sep|", "separator:")]
    [InlineData("retu|", "return")]
    [InlineData("Console\n    .WriteL|", "WriteLine")]
    [InlineData("#!time\nConsole.WriteL|", "WriteLine")]
    [InlineData("#r \"nuget: Some.Package\"\nConsole.WriteL|", "WriteLine")]
    [InlineData("$\"{Math.Ma|", "Max")]
    [InlineData("var a = 1;\n#!whos|", "#!whos")]
    [InlineData("#!|", "#!html")]
    [InlineData("console.wr|", null)]
    [InlineData("Console.writel|", "WriteLine")]
    [InlineData("from n in new[] { \"a\" } where n.Star|", "StartsWith")]
    public void Name_ThatFits_IsOffered(string marked, string? name)
    {
        var names = Unused.Names(marked);
        if (name is null)
            Assert.Empty(names);
        else
            Assert.Contains(name, names);
    }

    [Theory]
    [InlineData("\"Console.|\"")]
    [InlineData("// Console.|")]
    [InlineData("/* Console.| */")]
    [InlineData("\"\"\"Console.|\"\"\"")]
    [InlineData("'|'")]
    [InlineData("12|")]
    [InlineData("$\"Console.|\"")]
    [InlineData("#r \"System|\"")]
    [InlineData("var x = Unknown.|")]
    [InlineData(".|")]
    public void TextsAndNumbers_OfferNothing(string marked) => Assert.Empty(Unused.Names(marked));

    [Fact]
    public void StaticAndInstanceMembers_AreKeptApart()
    {
        var cells = Unused;
        Assert.DoesNotContain("IsNullOrEmpty", cells.Names("\"a\".|"));
        Assert.DoesNotContain("Length", cells.Names("string.|"));
        Assert.Contains("IsNullOrEmpty", cells.Names("string.|"));
    }

    [Fact]
    public async Task EarlierCells_AreKnown()
    {
        var cells = new Cells();
        await cells.ValueAsync("using System.Text.Json; var weights = new[] { 1.0, 2.0 }; record Layer(int Index); int Twice(int number) => 2 * number;");
        await cells.ValueAsync("var layer = new Layer(3);");
        Assert.Contains("weights", cells.Names("wei|"));
        Assert.Contains("Index", cells.Names("layer.In|"));
        Assert.Contains("Layer", cells.Names("new La|"));
        Assert.Contains("Serialize", cells.Names("JsonSerializer.|"));
        Assert.Contains("number:", cells.Names("Twice(nu|"));
        Assert.Equal("(int number) → int", cells.Complete("Twi|").Items.Single(i => i.Text == "Twice").Signature);
    }

    [Fact]
    public async Task ARedefinedVariable_HasItsNewType()
    {
        var cells = new Cells();
        await cells.ValueAsync("var x = \"a\";");
        await cells.ValueAsync("var x = new List<int>();");
        Assert.Contains("AddRange", cells.Names("x.A|"));
    }

    [Fact]
    public async Task TheLibrary_IsKnown()
    {
        var cells = new Cells();
        await cells.ValueAsync("using FeatureInterp.Models;");
        Assert.Contains("Load", cells.Names("Transformer.|"));
    }

    [Fact]
    public void Part_ThatIsReplaced_IsTheNameUpToTheCursor()
    {
        var list = Unused.Complete("var n = 1; Console.Wri|teLine()");
        Assert.Equal((19, 22), (list.Start, list.End));
        Assert.All(list.Items, i => Assert.StartsWith("Wri", i.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Own_StandsBeforeWhatIsImported()
    {
        var names = Unused.Names("var consoleWidth = 80; cons|");
        Assert.Equal("consoleWidth", names[0]);
        Assert.Contains("const", names);
        Assert.Contains("Console", names);
    }

    [Fact]
    public void Initials_FindANameNothingBeginsWith() =>
        Assert.Contains("GetInvalidFileNameChars", Unused.Names("Path.GIFNC|"));

    [Fact]
    public void KeywordAsName_IsEscaped() => Assert.Contains("@event", Unused.Names("var @event = 1; var y = eve|"));

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void Position_OutsideTheText_IsRefused(int position) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Unused.Session.Assistant.Complete("a", position, CancellationToken.None));

    [Fact]
    public void AnyTextAtAnyPlace_IsAnswered()
    {
        const string Text = "using System.Linq;\nvar xs = new[] { 1, 2 }.Select(x => $\"{x:F1}\" + @\"a\"\"b\").ToList(); // end\nrecord R(int A) { public int B => A?.C[0] ?? 1; }\nfoo(1, name: 2).bar<int>.baz\n#!time\n/* c";
        Prop.ForAll<ushort, ushort, char>((cut, place, with) =>
        {
            var code = Text[..(cut % Text.Length)] + with + Text[(place % Text.Length)..];
            var position = (cut + place) % (code.Length + 1);
            var list = Unused.Session.Assistant.Complete(code, position, CancellationToken.None);
            _ = Unused.Session.Assistant.Inspect(code, position, 1, CancellationToken.None);
            return list.Start >= 0 && list.Start <= list.End && list.End == position && list.Items.All(i => i.Text.Length > 0);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));
    }
}
