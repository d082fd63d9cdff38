using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting;

namespace FeatureInterp.Kernel.Runner;

/// <summary>Watches a run as it goes. Output comes from the cell's threads, one call at a time.</summary>
public interface IRunObserver
{
    /// <summary>A cell starts.</summary>
    void CellStarting(CellPlace place, Cell cell);

    /// <summary>The cell wrote to a stream.</summary>
    void StreamWritten(StandardStream stream, string text);

    /// <summary>The cell showed a value.</summary>
    void Displayed(MimeBundle data);

    /// <summary>A value on show, from this cell or an earlier one, changed.</summary>
    void Updated(MimeBundle data, string displayId);

    /// <summary>The cell is still at it, a second after its start and every few seconds from then on.</summary>
    void CellRunning(CellPlace place, Notebook soFar)
    {
        // Few want to know.
    }

    /// <summary>The cell ended; its value and error are in <paramref name="result"/>, the notebook holds all outputs so far.</summary>
    void CellFinished(CellPlace place, CellResult result, Notebook soFar);
}

/// <summary>Which cell of how many.</summary>
/// <param name="Number">Its number in the notebook as written, from 1; an injected cell has the number of the cell before it.</param>
/// <param name="Count">How many cells the notebook as written has.</param>
/// <param name="Name">What messages call it.</param>
public sealed record CellPlace(int Number, int Count, string Name);
