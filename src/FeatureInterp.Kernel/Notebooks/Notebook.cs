using System.Collections.Immutable;
using System.Text.Json;

namespace FeatureInterp.Kernel.Notebooks;

/// <summary>A notebook: cells in order and what the file says about the languages in it. Immutable; a run returns a new one.</summary>
public sealed record Notebook
{
    /// <summary>A notebook of these cells with C# as its only declared language.</summary>
    public Notebook(params ImmutableArray<Cell> cells) => Cells = cells;

    /// <summary>The cells, first to last.</summary>
    public ImmutableArray<Cell> Cells { get; init; }

    /// <summary>The language of text before the first cell mark: <c>defaultKernelName</c> of a .dib's <c>#!meta</c>.</summary>
    public string DefaultKernel { get; init; } = KnownKernels.CSharp;

    /// <summary>The languages the file declares (<c>kernelInfo.items</c>).</summary>
    public ImmutableArray<KernelInfo> Kernels { get; init; } = [KernelInfo.CSharp];

    /// <summary>The rest of the file's metadata, kept as it was found: all of an .ipynb's, of a .dib's what is not <c>kernelInfo</c>.</summary>
    public ImmutableSortedDictionary<string, JsonElement> Metadata { get; init; } = NotebookJson.None;

    /// <summary>The minor version of nbformat 4 the notebook was read in and is written in again; null when it comes from another format.</summary>
    public int? NbformatMinor { get; init; }

    /// <summary>Members an .ipynb has beside those of nbformat, kept as they were found.</summary>
    public ImmutableSortedDictionary<string, JsonElement> Extra { get; init; } = NotebookJson.None;

    /// <summary>The first heading of the first Markdown cell that has one, or null.</summary>
    public string? Title => Cells.Where(c => c.IsMarkdown).Select(c => c.Heading).FirstOrDefault(h => h is not null);
}

/// <summary>A language as Polyglot's metadata declares it.</summary>
/// <param name="Name">The name a cell mark uses, as in <c>#!csharp</c>.</param>
/// <param name="LanguageName">The language's own name, or null when the file does not say.</param>
/// <param name="Aliases">Other names that start the same kind of cell.</param>
public sealed record KernelInfo(string Name, string? LanguageName, ImmutableArray<string> Aliases)
{
    /// <summary>C#, as Polyglot declares it.</summary>
    public static KernelInfo CSharp { get; } = new(KnownKernels.CSharp, KnownKernels.CSharp, []);
}
