using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using System.Runtime.Loader;

namespace FeatureInterp.Kernel.Scripting;

/// <summary>
/// Where one session's compiled cells and the files they name with <c>#r</c> are loaded. What the host itself is made of comes from the host,
/// so that a type in a cell is the host's own.
/// </summary>
internal sealed class CellAssemblies() : AssemblyLoadContext("cells")
{
    private static readonly FrozenSet<string> Trusted = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(p => Path.GetFileNameWithoutExtension(p)!).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private readonly ConcurrentDictionary<string, Assembly> _cells = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _files = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, bool> _folders = new(StringComparer.Ordinal);

    /// <summary>Makes a referenced file known, and its folder as the place of what it needs itself.</summary>
    public void AddFile(string path)
    {
        _files[Path.GetFileNameWithoutExtension(path)] = path;
        if (Path.GetDirectoryName(path) is { } folder)
            _folders[folder] = true;
    }

    /// <summary>Loads a compiled cell.</summary>
    public Assembly LoadCell(Stream image, Stream symbols)
    {
        var assembly = LoadFromStream(image, symbols);
        _cells[assembly.GetName().Name!] = assembly;
        return assembly;
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name is not { } name)
            return null;
        if (_cells.TryGetValue(name, out var cell))
            return cell;
        if (Trusted.Contains(name))
            return null;
        if (_files.TryGetValue(name, out var file) && File.Exists(file))
            return LoadFromAssemblyPath(file);
        return Beside(name + ".dll") is { } found ? LoadFromAssemblyPath(found) : null;
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        string[] spellings = [unmanagedDllName, $"lib{unmanagedDllName}.so", $"{unmanagedDllName}.so", $"lib{unmanagedDllName}.dylib", $"{unmanagedDllName}.dll"];
        return spellings.Select(Beside).FirstOrDefault(p => p is not null) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
    }

    private string? Beside(string fileName) => _folders.Keys.Select(f => Path.Combine(f, fileName)).FirstOrDefault(File.Exists);
}
