using System.Globalization;
using System.Text.RegularExpressions;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Tests.Kernel.Notebooks;

/// <summary>The stored notebooks against copies of themselves with one thing changed: what a re-run's comparison would find.</summary>
public partial class StoredTwinTests
{
    public static TheoryData<string> Twins => [.. Directory.GetFiles(Path.Combine(Repository.Root, "notebooks"), "*.ipynb").Select(p => Path.GetFileName(p))];

    [Theory]
    [MemberData(nameof(Twins))]
    public void Twin_HasTheCellsOfItsSource(string name)
    {
        var twin = Load(name);
        var source = NotebookFile.Load(Path.Combine(Repository.Root, "notebooks", Path.ChangeExtension(name, ".dib")));
        Assert.Equal(source.Cells.Select(c => (c.Kernel, c.Source)), twin.Cells.Select(c => (c.Kernel, c.Source)));
        Assert.DoesNotContain(twin.Cells, c => c.Outputs.Any(o => o is ErrorOutput));
    }

    [Theory]
    [MemberData(nameof(Twins))]
    public void Twin_WithAThirdDigitChanged_Differs(string name) => AssertFound(name, "text/plain", Digits(), DifferenceKind.Number, m =>
        m.Value[..^1] + (char)(m.Value[^1] < '5' ? m.Value[^1] + 4 : m.Value[^1] - 4));

    [Theory]
    [MemberData(nameof(Twins))]
    public void Twin_WithAPointMoved_Differs(string name) => AssertFound(name, "image/svg+xml", Coordinate(), DifferenceKind.Number, m =>
        $" x=\"{(double.Parse(m.Groups["x"].Value, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture)}\"");

    public static TheoryData<string> TwinsWithTables => [.. Twins.Select(t => t.Data).Where(n => Load(n).Cells.SelectMany(c => c.Outputs).OfType<ResultOutput>().Any(r => Row().IsMatch(r.Data.Items.GetValueOrDefault("text/html", ""))))];

    [Theory]
    [MemberData(nameof(TwinsWithTables))]
    public void Twin_WithARowLost_Differs(string name) => AssertFound(name, "text/html", Row(), DifferenceKind.Lines, _ => "");

    [Theory]
    [MemberData(nameof(Twins))]
    public void Twin_WithATextChanged_Differs(string name) => AssertFound(name, "text/plain", Word(), DifferenceKind.Text, m => $"{m.Value}x");

    // Changes the last match in the last output of the type.
    private static void AssertFound(string name, string type, Regex what, DifferenceKind kind, MatchEvaluator change)
    {
        var twin = Load(name);
        var (cell, output, data) = (
            from c in twin.Cells.Index()
            from o in c.Item.Outputs.Index()
            where o.Item is ResultOutput r && r.Data.Items.TryGetValue(type, out var content) && what.IsMatch(content)
            select (c.Index, o.Index, ((ResultOutput)o.Item).Data)).Last();
        var last = what.Matches(data.Items[type])[^1];
        var content = data.Items[type];
        var other = new ResultOutput(new MimeBundle(data.Items.SetItem(type, content[..last.Index] + change(last) + content[(last.Index + last.Length)..])));
        var changed = twin.Cells[cell] with { Outputs = twin.Cells[cell].Outputs.SetItem(output, other) };

        var difference = Assert.Single(NotebookDiff.Compare(twin, twin with { Cells = twin.Cells.SetItem(cell, changed) }, new()).Differences);
        Assert.Equal((kind, cell + 1, output + 1, type), (difference.Kind, difference.Place.CellA, difference.Place.Output, difference.Place.MimeType));
    }

    private static Notebook Load(string name) => NotebookFile.Load(Path.Combine(Repository.Root, "notebooks", name));

    // Three digits with a point among them and blanks around: the third is the last.
    [GeneratedRegex(@"(?<= )(\d\d\.\d|\d\.\d\d)(?=[ \n])", RegexOptions.ExplicitCapture)]
    private static partial Regex Digits();

    [GeneratedRegex(" x=\"(?<x>[0-9.]+)\"")]
    private static partial Regex Coordinate();

    [GeneratedRegex(@"<tr><td.*?</tr>\n?")]
    private static partial Regex Row();

    [GeneratedRegex("(?<= )[a-z]{4,}(?= )")]
    private static partial Regex Word();
}
