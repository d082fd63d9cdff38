using System.Collections.Immutable;
using System.Text.Json;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>One cell: its language, its text and, after a run, what it put out.</summary>
/// <param name="Kernel">The language's name, e.g. <c>csharp</c> or <c>markdown</c>.</param>
/// <param name="Source">The text, lines separated by <c>\n</c>.</param>
public sealed record Cell(string Kernel, string Source)
{
    /// <summary>The tag of a cell whose variables <c>--set</c> may override (papermill's convention).</summary>
    public const string ParametersTag = "parameters";

    /// <summary>The tag of the cell a run inserts after the parameters cell (papermill's convention).</summary>
    public const string InjectedTag = "injected-parameters";

    /// <summary>The cell's id in an .ipynb, or null to derive one from its text.</summary>
    public string? Id { get; init; }

    /// <summary>The cell's tags.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>What the cell put out, in order; empty before it ran.</summary>
    public ImmutableArray<CellOutput> Outputs { get; init; } = [];

    /// <summary>
    /// The cell's metadata in an .ipynb, all of it as it was found; null when the file has no place for any, as a .dib. The tags are in
    /// it too; where <see cref="Tags"/> says otherwise, <see cref="Tags"/> holds.
    /// </summary>
    public ImmutableSortedDictionary<string, JsonElement>? Metadata { get; init; }

    /// <summary>Whatever else an .ipynb says of the cell (<c>attachments</c>, members unknown here), kept as it was found.</summary>
    public ImmutableSortedDictionary<string, JsonElement> Extra { get; init; } = NotebookJson.None;

    /// <summary>The how-manieth code cell of the run it was, from 1; null before it ran.</summary>
    public int? ExecutionCount { get; init; }

    /// <summary>Whether this is prose.</summary>
    public bool IsMarkdown => string.Equals(Kernel, KnownKernels.Markdown, StringComparison.Ordinal);

    /// <summary>Whether this is text that is neither run nor rendered: a raw cell of an .ipynb.</summary>
    public bool IsRaw => string.Equals(Kernel, KnownKernels.Raw, StringComparison.Ordinal);

    /// <summary>Whether this is something to run, in whatever language.</summary>
    public bool IsCode => !IsMarkdown && !IsRaw;

    /// <summary>Whether this is C#.</summary>
    public bool IsCSharp => string.Equals(Kernel, KnownKernels.CSharp, StringComparison.Ordinal);

    /// <summary>Whether the cell holds the notebook's parameters: tagged so, or C# whose first line is the comment <c>// parameters</c>.</summary>
    public bool IsParameters => Tags.Contains(ParametersTag, StringComparer.Ordinal) || (IsCSharp && StartsWithParametersComment(Source));

    /// <summary>The text of the first Markdown heading (<c># …</c>), or null.</summary>
    public string? Heading => Source.Split('\n')
        .Where(l => l.StartsWith('#') && l.TrimStart('#').StartsWith(' '))
        .Select(l => l.Trim('#', ' ', '\r')).FirstOrDefault(l => l.Length > 0);

    private static bool StartsWithParametersComment(string source)
    {
        var line = source.AsSpan();
        var end = line.IndexOf('\n');
        line = (end < 0 ? line : line[..end]).Trim();
        return line.StartsWith("//", StringComparison.Ordinal)
            && line[2..].Trim().Equals(ParametersTag, StringComparison.OrdinalIgnoreCase);
    }
}
