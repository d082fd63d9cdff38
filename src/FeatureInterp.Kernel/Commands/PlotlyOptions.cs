using System.CommandLine;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Commands;

/// <summary>The options of an interactive page, which <c>run</c> and <c>convert</c> share.</summary>
internal static class PlotlyOptions
{
    public static Option<bool> Interactive() => new("--interactive")
    {
        Description = "Let figures that have plotly data be zoomed and hovered in the .html: the plotly script of this machine goes into the page once.",
    };

    public static Option<string?> Script() => new("--plotly")
    {
        Description = "The plotly script, plotly.min.js; by default it is looked for beside the notebook and in node_modules. It is never fetched.",
        HelpName = "file",
    };

    /// <summary>The script asked for, or null when none is.</summary>
    /// <exception cref="NotebookException">It is not there.</exception>
    public static PlotlyScript? Load(bool interactive, string? path, string notebook) =>
        interactive || path is not null ? PlotlyScript.Load(path, Path.GetDirectoryName(Path.GetFullPath(notebook)) ?? ".", ".") : null;
}
