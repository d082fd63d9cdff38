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
}
