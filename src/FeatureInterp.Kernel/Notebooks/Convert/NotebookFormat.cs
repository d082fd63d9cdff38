namespace FeatureInterp.Kernel.Notebooks;

/// <summary>The file formats notebooks are converted between, by extension.</summary>
public static class NotebookFormat
{
    /// <summary>The formats that can be read.</summary>
    public static IReadOnlyList<string> Readable { get; } = [".dib", ".ipynb", ".cs", ".md"];

    /// <summary>The formats that can be written.</summary>
    public static IReadOnlyList<string> Writable { get; } = [.. Readable, ".html"];

    /// <summary>Reads a notebook in any readable format.</summary>
    /// <exception cref="NotebookException">It cannot be read, or is of another format.</exception>
    public static Notebook Load(string path) => Of(path) switch
    {
        ".cs" when File.Exists(path) => CSharpFile.Parse(NotebookFile.ReadText(path), path),
        ".md" when File.Exists(path) => MarkdownFile.Parse(NotebookFile.ReadText(path), path),
        ".html" => throw new NotebookException($"{path} is a page made from a notebook, which cannot be made into one again; convert the notebook itself."),
        _ => NotebookFile.Load(path),
    };

    /// <summary>Writes a notebook in a format.</summary>
    /// <param name="notebook">The notebook.</param>
    /// <param name="format">The extension, with its point.</param>
    /// <param name="name">The notebook's file name, the title of a page without a heading.</param>
    /// <param name="folder">Where pictures named in Markdown lie; used for a page.</param>
    /// <param name="losses">Told what the format cannot hold.</param>
    /// <param name="plotly">The script of an interactive page; null for pictures only.</param>
    /// <exception cref="NotebookException">The format is not one of <see cref="Writable"/>, or cannot hold a cell without changing it.</exception>
    public static string Write(Notebook notebook, string format, string name, string folder, ConversionLosses losses, PlotlyScript? plotly = null) => format switch
    {
        ".dib" => DibFile.Write(DibConversion.Prepare(notebook, losses)),
        ".ipynb" => IpynbFile.Write(notebook),
        ".cs" => CSharpFile.Write(notebook, losses),
        ".md" => MarkdownFile.Write(notebook, losses),
        ".html" => HtmlExport.Write(notebook, name, folder, plotly),
        _ => throw new NotebookException($"'{format}' is not a format of notebooks; wanted one of {string.Join(", ", Writable)}."),
    };

    /// <summary>A path's extension, in lower case.</summary>
    public static string Of(string path) => Path.GetExtension(path).ToLowerInvariant();
}
