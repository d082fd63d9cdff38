using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureInterp.Kernel.Notebooks;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureInterp.Tests.Kernel.Notebooks;

/// <summary>Round trips over notebooks made of everything that could be taken for something else.</summary>
public class ConversionPropertyTests
{
    private static readonly string[] Lines =
    [
        "x", "1 + 1", "var y = 2;", "y", " ", "", "\t", "é😀", "\"\"\"", "{", "}", "(", "using System;", "using static System.Math;", "  using A = System.Int32;", "#r \"nuget: A.B, 1.0\"", "#r \"nuget:C\"",
        "#r \"a.dll\"", "#!time", "#!csharp ", "#load \"x\"", "//", "// c", "// %%", "// %% [markdown]", "// %% [head] {}", "//%% x", "//%% // %%", "%%", "%% [csharp]", "// \\%%", "/*", "*/", "*\\/", "*\\\\/",
        "Console.WriteLine(/*%%*/1/*%%*/);", "/*%%*/", "```", "````", "```csharp %%", "```csharp", "~~~", "```x %%% {}", "<!-- %% notebook -->", "<!-- %% [markdown] {\"id\":\"a\"} -->", "<!-- %%% -->", "-->", "# T",
    ];

    private static readonly Gen<string> Source =
        from lines in Gen.Elements(Lines).ListOf()
        select string.Join('\n', lines).Trim('\n');

    private static readonly Gen<JsonElement> Json = Gen.Elements("1.50", "null", "[{\"a\":\"b > ` -->\"}]", "\"é😀\\n\"", "{\"k\":{\"z\":1,\"a\":[]}}", "\"*/ */\"").Select(j => JsonDocument.Parse(j).RootElement);

    private static readonly Gen<ImmutableSortedDictionary<string, JsonElement>> Members =
        from names in Gen.Elements("slideshow", "collapsed", "x y", "``", "-->").ListOf()
        from values in Json.ListOf(names.Count)
        select names.Zip(values).DistinctBy(p => p.First).ToImmutableSortedDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);

    private static readonly Gen<CellOutput> Output = Gen.Elements<CellOutput>(
        new StreamOutput(StandardStream.Error, "a\nb"), new ResultOutput(new MimeBundle([new("text/plain", "p"), new("application/json", "{\"a\":1.50}")])),
        new DisplayOutput(MimeBundle.FromText("x"), "") { Extra = NotebookJson.None.Add("metadata", JsonDocument.Parse("{\"w\":3}").RootElement) }, new ErrorOutput("E", "m", ["t"]));

    // A cell as an .ipynb may have it; its tags are in its metadata.
    private static readonly Gen<Cell> Foreign =
        from kernel in Gen.Elements("csharp", "markdown", "raw", "fsharp", "python")
        from source in Source
        from members in Members
        from extra in Members
        from tags in Gen.Elements("parameters", "a b", "`").ListOf()
        from outputs in Output.ListOf()
        from id in Gen.Elements("a", "b-2", "c_3", "d4e5f6a7")
        let marks = kernel is "fsharp" or "python" ? members.Add("polyglot_notebook", JsonDocument.Parse($"{{\"kernelName\":\"{kernel}\"}}").RootElement) : members
        let metadata = tags.Count == 0 ? marks : marks.Add("tags", JsonSerializer.SerializeToElement(tags))
        select new Cell(kernel, source)
        {
            Id = id,
            Metadata = metadata,
            Tags = [.. tags],
            Extra = extra,
            Outputs = kernel is "markdown" or "raw" ? [] : [.. outputs],
            ExecutionCount = kernel is "markdown" or "raw" || outputs.Count == 0 ? null : outputs.Count,
        };

    // No first line such as #!csharp, which would name the language.
    private static readonly Gen<Notebook> ForeignNotebooks =
        from cells in Foreign.ListOf()
        from metadata in Members
        from extra in Members
        from minor in Gen.Choose(0, 5)
        let clean = cells.Select(c => c.Source.StartsWith("#!", StringComparison.Ordinal) ? c with { Source = "." + c.Source } : c)
        select new Notebook { Cells = [.. clean.DistinctBy(c => c.Id)], Kernels = [], Metadata = metadata, Extra = extra, NbformatMinor = minor };

    // A cell as a .dib may have it.
    private static readonly Gen<Notebook> PlainNotebooks =
        from cells in (from kernel in Gen.Elements("csharp", "markdown", "mermaid", "javascript", "html") from source in Source select new Cell(kernel, source)).ListOf()
        select new Notebook([.. cells.Where(c => c.Source.Length > 0)]);

    [Fact]
    public void Ipynb_ReadAndWritten_IsTheSameJson() => Prop.ForAll(ForeignNotebooks.ToArbitrary(), n =>
    {
        var text = IpynbFile.Write(n);
        return IpynbFile.Write(IpynbFile.Parse(text)) == text && JsonNode.DeepEquals(JsonNode.Parse(text), JsonNode.Parse(IpynbFile.Write(IpynbFile.Parse(JsonNode.Parse(text)!.ToJsonString()))));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Dib_ToIpynbAndBack_IsTheSameText() => Prop.ForAll(PlainNotebooks.ToArbitrary(), n =>
    {
        if (n.Cells.IsEmpty)
            return true;
        var text = DibFile.Write(n);
        return DibFile.Write(DibConversion.Prepare(IpynbFile.Parse(IpynbFile.Write(DibFile.Parse(text))), new())) == text;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(".cs")]
    [InlineData(".md")]
    public void Dib_ToTextAndBack_IsTheSame(string format) => Prop.ForAll(PlainNotebooks.ToArbitrary(), n =>
    {
        var text = Write(n, format);
        var back = Parse(text, format);
        // A file without marks is one cell, and one without cells has an empty one.
        return n.Cells.IsEmpty || Cells(back).SequenceEqual(Cells(n)) && Write(back, format) == text && (n.Cells.Any(c => c.IsCSharp && c.Source[0] is '#') || DibFile.Write(back) == DibFile.Write(n));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(".cs")]
    [InlineData(".md")]
    public void Ipynb_ToTextAndBack_KeepsAllButOutputs(string format) => Prop.ForAll(ForeignNotebooks.ToArbitrary(), n =>
    {
        var bare = n with { Cells = [.. n.Cells.Select(c => c with { Outputs = [], ExecutionCount = null })] };
        // Below 4.5, ids are not asked for; whether a cell has one is kept only when it is not the one its text gives.
        var back = Parse(Write(n, format), format);
        return bare.Cells.IsEmpty || IpynbFile.Write(back) == IpynbFile.Write(bare);
    }).QuickCheckThrowOnFailure();

    private static string Write(Notebook notebook, string format) => NotebookFormat.Write(notebook, format, "n", ".", new());

    private static Notebook Parse(string text, string format) => format is ".cs" ? CSharpFile.Parse(text, "n.cs") : MarkdownFile.Parse(text, "n.md");

    private static IEnumerable<(string, string)> Cells(Notebook notebook) => notebook.Cells.Select(c => (c.Kernel, c.Source));
}
