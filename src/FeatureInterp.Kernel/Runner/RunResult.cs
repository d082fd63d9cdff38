using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Runner;

/// <summary>How a run ended.</summary>
public enum RunStatus
{
    /// <summary>Every cell ran.</summary>
    Completed,

    /// <summary>A cell failed and the run stopped there.</summary>
    Failed,

    /// <summary>The run was cancelled.</summary>
    Cancelled,
}

/// <summary>The end of a run.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Notebook">The notebook with the outputs of the cells that ran; the others have none.</param>
public sealed record RunResult(RunStatus Status, Notebook Notebook);
