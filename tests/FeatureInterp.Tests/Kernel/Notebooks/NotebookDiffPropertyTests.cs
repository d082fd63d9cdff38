using System.Globalization;
using FeatureInterp.Kernel.Notebooks;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Kernel.Notebooks;

public class NotebookDiffPropertyTests
{
    private static readonly string[] Words = ["loss", "│", "a.b", "-", "(", "<b>", "</b>", "é", "\n", "\r", "%", "12:30", "5 ms", "#", "=", "\"", "3 MB", "gemma2", "e5", "."];

    private static readonly Gen<string> Number =
        from value in Gen.Choose(-999_999, 999_999)
        from places in Gen.Choose(1, 6)
        select (value / 1000.0).ToString("F" + places, CultureInfo.InvariantCulture);

    private static readonly Gen<string> Word = Gen.OneOf(Gen.Elements(Words), Number, Gen.Choose(0, 5000).Select(i => i.ToString(CultureInfo.InvariantCulture)));

    private static readonly Gen<string> Content = Word.ListOf().Select(w => string.Join(' ', w));

    private static readonly Gen<CellOutput> Output = Gen.OneOf(
        Content.Select(t => (CellOutput)new StreamOutput(StandardStream.Output, t)),
        Content.Select(t => (CellOutput)new ResultOutput(new MimeBundle([new("text/plain", t), new("text/html", $"<p>{t}</p>")]))),
        Content.Select(t => (CellOutput)new DisplayOutput(new MimeBundle([new("image/svg+xml", $"<svg><text x=\"1\">{t}</text></svg>")]), "1")));

    private static readonly Gen<Notebook> Notebooks =
        from cells in (from source in Gen.Elements("a", "b", "c", "d") from outputs in Output.ListOf() select new Cell("csharp", source) { Outputs = [.. outputs] }).ListOf()
        select new Notebook([.. cells]);

    [Fact]
    public void Compare_WithItself_FindsNothing() =>
        Prop.ForAll(Notebooks.ToArbitrary(), n => NotebookDiff.Compare(n, n, new() { Relative = 0, LastDigits = 0, Pixels = 0, Channel = 0 }).Same).QuickCheckThrowOnFailure();

    [Fact]
    public void Compare_TheOtherWayRound_FindsTheSameMirrored() => Prop.ForAll(Notebooks.Two().ToArbitrary(), pair =>
    {
        var (there, back) = (NotebookDiff.Compare(pair.Item1, pair.Item2, new()), NotebookDiff.Compare(pair.Item2, pair.Item1, new()));
        return there.Numbers == back.Numbers && there.Volatile == back.Volatile
            && there.Differences.Select(d => (d.Kind, d.Place.CellA, d.Place.CellB, d.Place.Output, d.A, d.B, d.Distance)).Order()
                .SequenceEqual(back.Differences.Select(d => (d.Kind, d.Place.CellB, d.Place.CellA, d.Place.Output, d.B, d.A, d.Distance)).Order());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Compare_OneNumberChangedMoreThanAllowed_IsFound()
    {
        // A carriage return after the number would overwrite it.
        var cases =
            from before in Content
            from after in Content.Select(t => t.Replace('\r', ' '))
            from number in Number
            from factor in Gen.Elements(0.5, 0.98, 1.02, 3, -1)
            select (Before: before, After: after, Number: number, Factor: factor);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var value = double.Parse(c.Number, CultureInfo.InvariantCulture);
            var places = c.Number.Length - c.Number.IndexOf('.') - 1;
            var step = Math.Pow(10, -places);
            var changed = Math.Abs(value * (c.Factor - 1)) > 2 * step ? value * c.Factor : value + 3 * step;
            string Around(string number) => $"{c.Before} x {number} y {c.After}";
            var other = changed.ToString("F" + places, CultureInfo.InvariantCulture);
            foreach (var make in (Func<string, CellOutput>[])[
                t => new StreamOutput(StandardStream.Error, t), t => new ResultOutput(new MimeBundle([new("text/html", $"<table><td>{t}</td></table>")]))])
            {
                var result = NotebookDiff.Compare(new Notebook(Cell(make(Around(c.Number)))), new Notebook(Cell(make(Around(other)))), new());
                if (!result.Differences.Any(d => d.Kind == DifferenceKind.Number && d.A == c.Number && d.B == other))
                    return false;
            }

            return true;
        }).QuickCheckThrowOnFailure();
    }

    private static Cell Cell(CellOutput output) => new("csharp", "x") { Outputs = [output] };
}
