namespace FeatureInterp.Kernel.Notebooks;

/// <summary>The language names and aliases that start a cell in every .dib, whether or not its metadata declares them.</summary>
public static class KnownKernels
{
    /// <summary>The name of C# cells.</summary>
    public const string CSharp = "csharp";

    /// <summary>The name of Markdown cells.</summary>
    public const string Markdown = "markdown";

    /// <summary>What the raw cells of an .ipynb are called here; a .dib knows the name only when its metadata declares it.</summary>
    public const string Raw = "raw";

    /// <summary>Alias (or name) to name, case-sensitive as Polyglot has it.</summary>
    public static IReadOnlyDictionary<string, string> Aliases { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [CSharp] = CSharp,
        ["c#"] = CSharp,
        ["C#"] = CSharp,
        [Markdown] = Markdown,
        ["md"] = Markdown,
        ["fsharp"] = "fsharp",
        ["f#"] = "fsharp",
        ["F#"] = "fsharp",
        ["pwsh"] = "pwsh",
        ["powershell"] = "pwsh",
        ["javascript"] = "javascript",
        ["js"] = "javascript",
        ["html"] = "html",
        ["mermaid"] = "mermaid",
        ["sql"] = "sql",
        ["kql"] = "kql",
        ["value"] = "value",
        ["http"] = "http",
    };
}
