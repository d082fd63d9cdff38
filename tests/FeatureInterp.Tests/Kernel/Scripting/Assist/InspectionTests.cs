using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Tests.Kernel.Scripting.Assist;

/// <summary>What is said of a name.</summary>
public class InspectionTests
{
    // No cell is ever run in it: what is asked of it needs no variables.
    private static readonly Cells Unused = new();

    // The framework's XML comes with the SDK, which these tests were built by.
    [Theory]
    [InlineData("Console.Write|Line(1)", "Console.WriteLine(int value)", "standard output stream")]
    [InlineData("Console.WriteLine|", "Console.WriteLine(", "standard output stream")]
    [InlineData("Math.Ma|x(1, 2)", "Math.Max(int val1, int val2)", "larger of two")]
    [InlineData("string.Is|NullOrEmpty(\"\")", "string.IsNullOrEmpty(string? value)", "empty string")]
    [InlineData("var xs = new List<int>(); xs.Ad|d(1)", "List<int>.Add(int item)", "end of the")]
    [InlineData("new[] { 1 }.Whe|re(i => i > 0)", "Where", "Filters a sequence")]
    [InlineData("DateT|ime.UtcNow", "struct DateTime", "instant in time")]
    public void Framework_HasSignatureAndSummary(string marked, string signature, string summary)
    {
        var text = Unused.Text(marked);
        Assert.NotNull(text);
        Assert.Contains(signature, text, StringComparison.Ordinal);
        Assert.Contains(summary, text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("Math.Max(|")]
    [InlineData("Math.Max(1, |")]
    [InlineData("Math.Max(|1, 2)")]
    public void InsideParentheses_TheCallIsMeant(string marked) => Assert.Contains("Math.Max(", Unused.Text(marked), StringComparison.Ordinal);

    [Fact]
    public void Constructor_IsMeantBehindNew() => Assert.Contains("Random(int Seed)", Unused.Text("new Ran|dom(7)"), StringComparison.Ordinal);

    [Fact]
    public void Overloads_AreCountedAndListed()
    {
        var text = Unused.Text("Math.Ab|s(-1.5)")!;
        Assert.StartsWith("static double Math.Abs(double value)", text, StringComparison.Ordinal);
        Assert.Contains("more overloads:", text, StringComparison.Ordinal);
        Assert.Contains("Math.Abs(int value)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Detail_AddsWhatIsThrown()
    {
        var cells = Unused;
        Assert.DoesNotContain("Throws", cells.Text("int.Par|se(\"1\")"), StringComparison.Ordinal);
        Assert.Contains("Throws FormatException", cells.Text("int.Par|se(\"1\")", detail: 1), StringComparison.Ordinal);
    }

    [Fact]
    public void Library_HasItsDocumentation()
    {
        var text = Unused.Text("FeatureInterp.Models.Transformer.Lo|ad(\"x\")");
        Assert.Contains("Transformer.Load(", text, StringComparison.Ordinal);
        Assert.True(text!.Split('\n').Length > 2, text);
    }

    [Fact]
    public async Task Variables_OfEarlierCells_HaveTheirTypes()
    {
        var cells = new Cells();
        await cells.ValueAsync("var weights = new Dictionary<string, double[]>(); int Twice(int n) => 2 * n;");
        Assert.Equal("Dictionary<string, double[]> weights", cells.Text("weig|hts.Count"));
        Assert.Equal("int Twice(int n)", cells.Text("Twi|ce(2)"));
    }

    [Fact]
    public void Declared_InTheSameCell_IsKnown() => Assert.Contains("int n", Unused.Text("var n = 1; n|"), StringComparison.Ordinal);

    [Theory]
    [InlineData("|")]
    [InlineData("1 + |2")]
    [InlineData("Unkn|own.Thing")]
    [InlineData("// Console.Wri|te")]
    [InlineData("\"Console.Wri|te\"")]
    public void Nothing_IsSaidWhereNothingIsKnown(string marked) => Assert.Null(Unused.Text(marked));

    [Theory]
    [InlineData("1 + 1", CompletenessStatus.Complete)]
    [InlineData("if (true) {", CompletenessStatus.Incomplete)]
    [InlineData("var x = ", CompletenessStatus.Incomplete)]
    [InlineData("/* not", CompletenessStatus.Incomplete)]
    [InlineData(")", CompletenessStatus.Invalid)]
    [InlineData("#!time\n1", CompletenessStatus.Complete)]
    public void Completeness_IsThatOfTheSyntax(string code, CompletenessStatus expected) => Assert.Equal(expected, Unused.Session.Assistant.IsComplete(code));
}
