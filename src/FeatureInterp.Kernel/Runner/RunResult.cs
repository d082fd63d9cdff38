using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Runner;

/// <summary>How a run ended.</summary>
public enum RunStatus
{
    /// <summary>Every cell ran.</summary>
    Completed,

    /// <summary>A cell failed. The run stopped there, unless it was told to keep going.</summary>
    Failed,

    /// <summary>The run was cancelled.</summary>
    Cancelled,
}

/// <summary>The end of a run.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Notebook">The notebook with the outputs of the cells that ran; the others have none.</param>
public sealed record RunResult(RunStatus Status, Notebook Notebook)
{
    /// <summary>How many cells failed.</summary>
    public int FailedCells => Notebook.Cells.Count(c => c.Outputs.Any(o => o is ErrorOutput { Name: not "Cancelled" }));
}
