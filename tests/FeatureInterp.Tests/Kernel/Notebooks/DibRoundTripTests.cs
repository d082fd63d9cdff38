using FeatureInterp.Kernel.Notebooks;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Kernel.Notebooks;

public class DibRoundTripTests
{
    private static readonly string[] Fragments =
        ["x", " ", "\t", "#", "#!time", "#!markdown ", "#r \"a.dll\"", "é😀", "\"\"\"", "\r", "{", "//", "#!unknown", "var y = 1;", "# heading", ""];

    private static readonly Gen<string> Line =
        from parts in Gen.Elements(Fragments).ListOf(3)
        let line = string.Concat(parts)
        // What a .dib cannot hold: a carriage return before the line's end, and a line that is itself a mark.
        select line.EndsWith('\r') || KnownKernels.Aliases.ContainsKey(line.StartsWith("#!", StringComparison.Ordinal) ? line[2..] : "") ? line + "." : line;

    private static readonly Gen<string> Source =
        from first in Line
        from middle in Line.ListOf(4)
        from last in Line
        select string.Join('\n', [NotEmpty(first), .. middle, NotEmpty(last)]);

    private static readonly Gen<Notebook> Notebooks =
        from kernels in Gen.Elements("csharp", "markdown", "fsharp", "mermaid", "python").NonEmptyListOf()
        from sources in Source.ListOf(kernels.Count)
        from title in Gen.Elements("a", "é\"\\", "")
        select new Notebook([.. kernels.Zip(sources, (k, s) => new Cell(k, s))])
        {
            Kernels = [KernelInfo.CSharp, new KernelInfo("python", null, ["py", title + "!"])],
        };

    [Fact]
    public void Write_ThenParse_GivesTheNotebookBack() => Prop.ForAll(Notebooks.ToArbitrary(), n =>
    {
        var back = DibFile.Parse(DibFile.Write(n));
        return back.DefaultKernel == n.DefaultKernel
            && back.Cells.Select(c => (c.Kernel, c.Source)).SequenceEqual(n.Cells.Select(c => (c.Kernel, c.Source)))
            && back.Kernels.Select(Flat).SequenceEqual(n.Kernels.Select(Flat));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Parse_AnyText_NeverThrowsAnythingElse() => Prop.ForAll(
        (from lines in Gen.OneOf(Line, Gen.Elements("#!meta", "#!csharp", "#!markdown", "{\"kernelInfo\":", "{}", "[]", "\0")).ListOf(8)
         select string.Join('\n', lines)).ToArbitrary(),
        text =>
        {
            try
            {
                return DibFile.Parse(text).Cells.Length > 0;
            }
            catch (NotebookException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    private static string NotEmpty(string line) => line.Length == 0 ? "." : line;

    private static string Flat(KernelInfo k) => $"{k.Name}|{k.LanguageName}|{string.Join(',', k.Aliases)}";
}
