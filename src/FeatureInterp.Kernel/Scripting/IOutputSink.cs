using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// Where a running cell's output goes as it comes: a recorder in a headless run, a protocol's messages in a live kernel.
/// Called from the cell's thread and from threads the cell started, so an implementation locks.
/// </summary>
public interface IOutputSink
{
    /// <summary>Text for one of the two streams.</summary>
    void WriteStream(StandardStream stream, string text);

    /// <summary>A value to show now, under an id that an update can name.</summary>
    void Display(MimeBundle data, string displayId);

    /// <summary>A new state of a value shown before.</summary>
    void UpdateDisplay(MimeBundle data, string displayId);

    /// <summary>Takes away what this cell has put out so far; with <paramref name="wait"/>, once something new comes.</summary>
    void ClearOutput(bool wait);

    /// <summary>Asks whoever sits before the notebook for a line of text and waits for it on the calling thread.</summary>
    /// <param name="prompt">What to ask; may be empty.</param>
    /// <param name="password">Whether the answer is hidden while it is typed.</param>
    /// <param name="token">Ends the waiting.</param>
    /// <exception cref="InvalidOperationException">There is nobody to ask, as in a headless run.</exception>
    string ReadLine(string prompt, bool password, CancellationToken token);
}
