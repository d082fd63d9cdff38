using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Runner;

/// <summary>Writes the executed twin after every cell, so that a run that is killed leaves a valid notebook of what it had.</summary>
public sealed class TwinWriter : IRunObserver
{
    private readonly string _name;
    private readonly string _source;

    /// <summary>A writer for the notebook at <paramref name="notebookPath"/>.</summary>
    /// <param name="notebookPath">The notebook's own path.</param>
    /// <param name="outputFolder">Where the twin goes; null puts it beside the notebook.</param>
    public TwinWriter(string notebookPath, string? outputFolder)
    {
        _source = Path.GetFullPath(notebookPath);
        _name = Path.GetFileNameWithoutExtension(_source);
        var folder = outputFolder is null ? Path.GetDirectoryName(_source)! : Path.GetFullPath(outputFolder);
        IpynbPath = Path.Combine(folder, _name + ".ipynb");
        HtmlPath = Path.Combine(folder, _name + ".html");
    }

    /// <summary>Where the executed notebook is written.</summary>
    public string IpynbPath { get; }

    /// <summary>Where <see cref="WriteHtml"/> writes the page.</summary>
    public string HtmlPath { get; }

    /// <summary>Makes sure, before the run, that the folder is there.</summary>
    /// <exception cref="NotebookException">It cannot be made.</exception>
    public void CreateFolder()
    {
        var folder = Path.GetDirectoryName(IpynbPath)!;
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"The folder {folder} could not be made ({e.Message.TrimEnd('.')}); give another with --out.", e);
        }
    }

    /// <summary>Writes the page.</summary>
    /// <exception cref="NotebookException">It cannot be written.</exception>
    public void WriteHtml(Notebook notebook) =>
        AtomicFile.Write(HtmlPath, HtmlExport.Write(notebook, Path.GetFileName(_source), Path.GetDirectoryName(_source)!));

    /// <inheritdoc/>
    public void CellFinished(CellPlace place, CellResult result, Notebook soFar) => AtomicFile.Write(IpynbPath, IpynbFile.Write(soFar));

    /// <inheritdoc/>
    public void CellStarting(CellPlace place, Cell cell)
    {
        // Nothing new to write yet.
    }

    /// <inheritdoc/>
    public void StreamWritten(StandardStream stream, string text)
    {
        // Written when the cell ends.
    }

    /// <inheritdoc/>
    public void Displayed(MimeBundle data)
    {
        // Written when the cell ends.
    }

    /// <inheritdoc/>
    public void Updated(MimeBundle data, string displayId)
    {
        // Written when the cell ends.
    }
}
