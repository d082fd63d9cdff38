using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>How a cell ended.</summary>
public enum CellStatus
{
    /// <summary>It ran to its end.</summary>
    Succeeded,

    /// <summary>It did not compile, or threw.</summary>
    Failed,

    /// <summary>It was cancelled while it ran.</summary>
    Cancelled,
}

/// <summary>The end of one cell.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Value">The trailing expression's value, or null when there is none to show.</param>
/// <param name="Error">Why it did not succeed; null when it did.</param>
public sealed record CellResult(CellStatus Status, MimeBundle? Value = null, ErrorOutput? Error = null)
{
    /// <summary>The end of a cell that was stopped from outside.</summary>
    public static CellResult Cancelled(string cellName) =>
        new(CellStatus.Cancelled, Error: new ErrorOutput("Cancelled", $"The run was cancelled in {cellName}.", [$"Cancelled in {cellName}."]));

    /// <summary>The end of a cell that was stopped from outside while a library it called computes on.</summary>
    internal static CellResult LeftBehind(string cellName) => new(CellStatus.Cancelled, Error: new ErrorOutput(
        "Cancelled", $"The run was cancelled in {cellName}.",
        [$"Cancelled in {cellName}.", $"A library it called does not listen: the thread \"{cellName}\" is left behind and may keep a core busy until it is done or the kernel is restarted."]));
}
