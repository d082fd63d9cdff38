using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// A notebook as a C# file that <c>dotnet run FILE.cs</c> takes: a line <c>// %%</c> starts a C# cell, <c>// %% [markdown]</c> prose in line
/// comments, <c>// %% [name]</c> any other cell in a block comment; JSON after it holds what else the cell has. The part under
/// <c>// %% [head]</c> holds packages and usings, which C# wants first, and is made anew from the cells each time. A file without
/// marks is one C# cell. Empty lines around a cell are not kept, nor are outputs.
/// </summary>
/// <remarks>The file is C# as far as the cells are: one that declares a variable of an earlier cell again, or a type before statements, runs as a notebook only.</remarks>
internal static partial class CSharpFile
{
    private const string Head = "head";

    /// <summary>The notebook as a C# file.</summary>
    public static string Write(Notebook notebook, ConversionLosses losses)
    {
        var head = new SortedSet<string>(StringComparer.Ordinal);
        var cells = new StringBuilder();
        foreach (var cell in notebook.Cells)
        {
            losses.AddRunOf(cell);
            CellNames.Check(cell.Kernel);
            cells.Append('\n').Append(Mark(cell.IsCSharp ? null : cell.Kernel, CellHeader.Of(cell, notebook)?.ToJsonString(NotebookJson.Compact))).Append('\n');
            var source = cell.Source.Trim('\n');
            if (source.Length > 0)
                cells.Append(cell.IsCSharp ? CSharpCellText.ToFile(source, head) : cell.IsMarkdown ? Comment(source) : Block(source)).Append('\n');
        }

        var json = CellHeader.Of(notebook)?.ToJsonString(NotebookJson.Compact);
        var text = json is null && head.Count == 0 ? "" : Mark(Head, json) + "\n" + string.Concat(head.Select(l => l + "\n"));
        return text.Length == 0 ? cells.ToString().TrimStart('\n') : text + cells;
    }

    /// <summary>Reads a C# file.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="name">What to call it in an error.</param>
    /// <exception cref="NotebookException">The JSON of a mark cannot be read.</exception>
    public static Notebook Parse(string text, string name)
    {
        var notebook = new Notebook();
        var cells = ImmutableArray.CreateBuilder<Cell>();
        var lines = text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        var body = new List<string>();
        Match? mark = null;
        var markLine = 0;
        for (var i = 0; i <= lines.Length; i++)
        {
            var next = i < lines.Length ? MarkLine().Match(lines[i]) : null;
            if (next is { Success: false })
            {
                body.Add(lines[i]);
                continue;
            }

            Finish();
            (mark, markLine) = (next, i + 1);
        }

        return notebook with { Cells = cells.Count == 0 ? [new Cell(KnownKernels.CSharp, "")] : cells.ToImmutable() };

        void Finish()
        {
            var source = string.Join('\n', body).Trim('\n');
            body.Clear();
            var where = $"{name}, line {markLine}";
            var json = mark?.Groups["json"] is { Success: true } found ? found.Value : null;
            if (mark is null)
            {
                if (source.Length > 0)
                    cells.Add(new Cell(KnownKernels.CSharp, CSharpCellText.FromPlainFile(source)));
            }
            else if (mark.Groups["kernel"].Value is Head)
            {
                notebook = json is null ? notebook : CellHeader.ReadNotebook(json, where);
            }
            else
            {
                var kernel = mark.Groups["kernel"] is { Success: true } named ? named.Value : KnownKernels.CSharp;
                var cell = new Cell(kernel, kernel switch
                {
                    KnownKernels.CSharp => CSharpCellText.FromFile(source),
                    KnownKernels.Markdown => Uncomment(source),
                    _ => Unblock(source),
                });
                cells.Add(json is null ? cell : CellHeader.Read(cell, json, where));
            }
        }
    }

    private static string Mark(string? kernel, string? json) => "// %%" + (kernel is null ? "" : $" [{kernel}]") + (json is null ? "" : " " + json);

    private static string Comment(string source) => string.Join('\n', source.Split('\n').Select(l => l.Length == 0 || l.StartsWith("%%", StringComparison.Ordinal) ? "//" + l : "// " + l));

    private static string Uncomment(string source) => string.Join('\n', source.Split('\n').Select(l =>
        l.StartsWith("// ", StringComparison.Ordinal) ? l[3..] : l.StartsWith("//", StringComparison.Ordinal) ? l[2..] : l));

    private static string Block(string source) =>
        $"/*\n{string.Join('\n', BlockEnd().Replace(source, @"*\${slashes}/").Split('\n').Select(l => InnerMark().Replace(l, @"// \${slashes}%%")))}\n*/";

    private static string Unblock(string source)
    {
        if (!source.StartsWith("/*\n", StringComparison.Ordinal) || !source.EndsWith("\n*/", StringComparison.Ordinal) || source.Length < 6)
            return source;
        var lines = source[3..^3].Split('\n').Select(l => EscapedInnerMark().Replace(l, "// ${slashes}%%"));
        return EscapedBlockEnd().Replace(string.Join('\n', lines), "*${slashes}/").Trim('\n');
    }

    [GeneratedRegex(@"^// %%(?: \[(?<kernel>[^\]\s]+)\])?(?: (?<json>\{.*\}))?\s*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex MarkLine();

    [GeneratedRegex(@"\*(?<slashes>\\*)/", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex BlockEnd();

    [GeneratedRegex(@"\*\\(?<slashes>\\*)/", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex EscapedBlockEnd();

    // In a block comment, a line of a JavaScript cell may look like a mark.
    [GeneratedRegex(@"^// (?<slashes>\\*)%%", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex InnerMark();

    [GeneratedRegex(@"^// \\(?<slashes>\\*)%%", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex EscapedInnerMark();
}
