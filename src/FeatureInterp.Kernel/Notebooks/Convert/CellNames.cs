namespace FeatureInterp.Kernel.Notebooks;

/// <summary>Which names of languages can stand in a mark of a text format.</summary>
internal static class CellNames
{
    /// <summary>Checks a name.</summary>
    /// <exception cref="NotebookException">It holds blanks, brackets or backticks, or is kept for something else.</exception>
    public static void Check(string kernel)
    {
        if (kernel.Length == 0 || kernel is "head" || kernel.AsSpan().ContainsAny(" \t\r\n[]`{}") || kernel.Any(char.IsWhiteSpace))
            throw new NotebookException($"A cell is in '{kernel}', a name that cannot be written here; convert to .ipynb instead.");
    }
}
