using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>
/// A notebook as Markdown: prose as it is, every other cell in a fence whose info string is the language and <c>%%</c>. Comments that
/// do not show part neighbouring cells of prose; JSON after <c>%%</c> holds what else a cell has. In a file that does not begin
/// with <c>&lt;!-- %% notebook --&gt;</c>, every fence of C# is a cell. Empty lines around a cell are not kept, nor are outputs.
/// </summary>
internal static partial class MarkdownFile
{
    private static readonly HashSet<string> CSharpNames = new(StringComparer.OrdinalIgnoreCase) { "csharp", "c#", "cs" };

    /// <summary>The notebook as Markdown.</summary>
    public static string Write(Notebook notebook, ConversionLosses losses)
    {
        var text = new StringBuilder(Comment("notebook", CellHeader.Of(notebook)?.ToJsonString(NotebookJson.Compact))).Append('\n');
        var afterProse = false;
        foreach (var cell in notebook.Cells)
        {
            losses.AddRunOf(cell);
            CellNames.Check(cell.Kernel);
            var json = CellHeader.Of(cell, notebook)?.ToJsonString(NotebookJson.Compact);
            var source = cell.Source.Trim('\n');
            text.Append('\n');
            if (cell.IsMarkdown)
            {
                if (afterProse || json is not null || source.Length == 0)
                    text.Append(Comment("[markdown]", json)).Append(source.Length > 0 ? "\n\n" : "\n");
                if (source.Length > 0)
                    text.Append(string.Join('\n', source.Split('\n').Select(l => LooksLikeMark().Replace(l, "${start}%${percent}")))).Append('\n');
            }
            else
            {
                var fence = new string('`', Math.Max(3, Backticks().Matches(source).Select(m => m.Length).DefaultIfEmpty().Max() + 1));
                // A backtick in a fence's info string would end the fence.
                text.Append(fence).Append(cell.Kernel).Append(" %%").Append(json is null ? "" : " " + json.Replace("`", "\\u0060", StringComparison.Ordinal)).Append('\n')
                    .Append(source).Append(source.Length > 0 ? "\n" : "").Append(fence).Append('\n');
            }

            afterProse = cell.IsMarkdown;
        }

        return text.ToString();
    }

    /// <summary>Reads Markdown.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="name">What to call it in an error.</param>
    /// <exception cref="NotebookException">A cell's fence is not closed, or JSON beside a cell cannot be read.</exception>
    public static Notebook Parse(string text, string name)
    {
        var lines = text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        return CommentLine().Match(lines[0]) is { Success: true } head && head.Groups["what"].Value is "notebook" ? ParseOwn(lines, head, name) : ParseAny(lines);
    }

    private static Notebook ParseOwn(string[] lines, Match head, string name)
    {
        var notebook = head.Groups["json"] is { Success: true } json ? CellHeader.ReadNotebook(json.Value, $"{name}, line 1") : new Notebook();
        var cells = ImmutableArray.CreateBuilder<Cell>();
        var prose = new List<string>();
        (Match Mark, int Line)? marked = null;
        for (var i = 1; i < lines.Length; i++)
        {
            if (CommentLine().Match(lines[i]) is { Success: true } comment && comment.Groups["what"].Value is "[markdown]")
            {
                Finish();
                marked = (comment, i + 1);
            }
            else if (FenceLine().Match(lines[i]) is { Success: true } fence)
            {
                Finish();
                var end = Array.FindIndex(lines, i + 1, l => string.Equals(l, fence.Groups["fence"].Value, StringComparison.Ordinal));
                if (end < 0)
                    throw new NotebookException(string.Create(CultureInfo.InvariantCulture, $"{name}, line {i + 1}: the cell's fence is not closed; end it with a line {fence.Groups["fence"].Value}."));
                cells.Add(WithHeader(new Cell(fence.Groups["kernel"].Value, string.Join('\n', lines[(i + 1)..end]).Trim('\n')), fence, i + 1));
                i = end;
            }
            else
            {
                prose.Add(EscapedMark().Replace(lines[i], "${start}${percent}"));
            }
        }

        Finish();
        return notebook with { Cells = cells.ToImmutable() };

        void Finish()
        {
            var source = string.Join('\n', prose).Trim('\n');
            prose.Clear();
            if (marked is { } mark)
                cells.Add(WithHeader(new Cell(KnownKernels.Markdown, source), mark.Mark, mark.Line));
            else if (source.Length > 0)
                cells.Add(new Cell(KnownKernels.Markdown, source));
            marked = null;
        }

        Cell WithHeader(Cell cell, Match mark, int line) => mark.Groups["json"] is { Success: true } said
            ? CellHeader.Read(cell, said.Value, string.Create(CultureInfo.InvariantCulture, $"{name}, line {line}")) : cell;
    }

    private static Notebook ParseAny(string[] lines)
    {
        var cells = ImmutableArray.CreateBuilder<Cell>();
        var prose = new List<string>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (AnyFence().Match(lines[i]) is not { Success: true } fence)
            {
                prose.Add(lines[i]);
                continue;
            }

            var mark = fence.Groups["fence"].Value;
            var end = Array.FindIndex(lines, i + 1, l => l.Trim() is var t && t.Length >= mark.Length && t.All(c => c == mark[0]));
            end = end < 0 ? lines.Length : end;
            if (CSharpNames.Contains(fence.Groups["language"].Value))
            {
                Finish();
                cells.Add(new Cell(KnownKernels.CSharp, string.Join('\n', lines[(i + 1)..end]).Trim('\n')));
            }
            else
            {
                prose.AddRange(lines[i..Math.Min(end + 1, lines.Length)]);
            }

            i = end;
        }

        Finish();
        return new Notebook { Cells = cells.ToImmutable() };

        void Finish()
        {
            if (string.Join('\n', prose).Trim('\n') is { Length: > 0 } source)
                cells.Add(new Cell(KnownKernels.Markdown, source));
            prose.Clear();
        }
    }

    // "-->" in the JSON would end the comment.
    private static string Comment(string what, string? json) => $"<!-- %% {what}{(json is null ? "" : " " + json.Replace(">", "\\u003e", StringComparison.Ordinal))} -->";

    [GeneratedRegex(@"^<!-- %% (?<what>notebook|\[markdown\])( (?<json>\{.*\}))? -->\s*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex CommentLine();

    [GeneratedRegex(@"^(?<fence>`{3,})(?<kernel>[^`\s]+) %%( (?<json>\{.*\}))?\s*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex FenceLine();

    [GeneratedRegex(@"^(?<start>`{3,}[^`\s]+ |<!-- )(?<percent>%%)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex LooksLikeMark();

    [GeneratedRegex(@"^(?<start>`{3,}[^`\s]+ |<!-- )%(?<percent>%%)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex EscapedMark();

    [GeneratedRegex("`+", RegexOptions.CultureInvariant, 5000)]
    private static partial Regex Backticks();

    [GeneratedRegex(@"^ {0,3}(?<fence>`{3,}|~{3,})\s*(?<language>[^`\s]*)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex AnyFence();
}
