using Microsoft.CodeAnalysis;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// The assemblies a cell can use: the shared framework and everything beside the executable. Taken from the host's own list of
/// trusted assemblies, so that a type in a cell is the very type the host loaded, never a second copy of it.
/// </summary>
internal static class ScriptReferences
{
    private static readonly Lazy<(string Path, ModuleMetadata Metadata)[]> Modules = new(Read);

    /// <summary>
    /// References for one session. The files are read once per process, but each session gets assembly objects of its own: the
    /// compiler keeps its symbols in them, and symbols from one session's chain turning up in another's make calls ambiguous.
    /// </summary>
    public static IEnumerable<MetadataReference> Create() =>
        Modules.Value.Select(m => AssemblyMetadata.Create(m.Metadata).GetReference(new DocumentationFiles(m.Path), filePath: m.Path));

    /// <summary>Whether a cell's code is compiled against this file without asking for it.</summary>
    public static bool Contains(string path) => Modules.Value.Any(m => string.Equals(m.Path, path, StringComparison.Ordinal));

    private static (string Path, ModuleMetadata Metadata)[] Read()
    {
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location);
        var own = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        var trusted = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return [.. trusted.Where(p => Wanted(p, framework, own)).Select(p => (p, ModuleMetadata.CreateFromFile(p)))];
    }

    private static bool Wanted(string path, string? framework, string own)
    {
        var folder = Path.GetDirectoryName(path);
        var name = Path.GetFileName(path);
        return string.Equals(folder, framework, StringComparison.Ordinal)
            || string.Equals(name, "Microsoft.AspNetCore.Html.Abstractions.dll", StringComparison.Ordinal)
            || (string.Equals(folder, own, StringComparison.Ordinal) && !name.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal));
    }
}
