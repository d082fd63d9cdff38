using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Runner;

/// <summary>
/// Writes the executed twin after every cell, and while a long one runs, so that a run that is killed leaves a valid notebook of what
/// it had.
/// </summary>
public sealed class TwinWriter(RunPlan plan) : IRunObserver
{
    /// <summary>Makes sure, before the run, that the folder is there.</summary>
    /// <exception cref="NotebookException">It cannot be made.</exception>
    public void CreateFolder()
    {
        var folder = Path.GetDirectoryName(plan.IpynbPath)!;
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
    public void WriteHtml(Notebook notebook, PlotlyScript? plotly = null) =>
        AtomicFile.Write(plan.HtmlPath, HtmlExport.Write(notebook, plan.Source is RunPlan.StandardInput ? "notebook" : Path.GetFileName(plan.Source), plan.Folder, plotly));

    /// <inheritdoc/>
    public void CellFinished(CellPlace place, CellResult result, Notebook soFar) => Write(soFar);

    /// <inheritdoc/>
    public void CellRunning(CellPlace place, Notebook soFar) => Write(soFar);

    /// <inheritdoc/>
    public void CellStarting(CellPlace place, Cell cell)
    {
        // Nothing new to write yet.
    }

    /// <inheritdoc/>
    public void StreamWritten(StandardStream stream, string text)
    {
        // Written at the next turn.
    }

    /// <inheritdoc/>
    public void Displayed(MimeBundle data)
    {
        // Written at the next turn.
    }

    /// <inheritdoc/>
    public void Updated(MimeBundle data, string displayId)
    {
        // Written at the next turn.
    }

    private void Write(Notebook notebook) => AtomicFile.Write(plan.IpynbPath, IpynbFile.Write(notebook));
}
