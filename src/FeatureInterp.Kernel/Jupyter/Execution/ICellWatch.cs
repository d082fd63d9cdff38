namespace FeatureInterp.Kernel.Jupyter;

/// <summary>Knows which cell runs, and which one ran when the last kernel died.</summary>
internal interface ICellWatch
{
    /// <summary>What became of the kernel before this one, in a sentence or two, or null when it ended well.</summary>
    string? Report { get; }

    /// <summary>The report, the first time; then null.</summary>
    string? TakeReport();

    /// <summary>Notes that a cell runs, until what is returned is disposed.</summary>
    IDisposable Begin(string name, string code);
}
