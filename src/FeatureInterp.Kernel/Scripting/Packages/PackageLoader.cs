using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>
/// Loads what packages bring when code first needs it: managed assemblies into the process's default context, so that there is one copy of
/// each type, and native libraries by the name code imports them under. A process keeps the first file it is given for a name.
/// </summary>
internal static class PackageLoader
{
    private static readonly ConcurrentDictionary<string, string> Assemblies = new(StringComparer.OrdinalIgnoreCase);
    private static readonly ConcurrentDictionary<string, string> Natives = new(StringComparer.OrdinalIgnoreCase);
    private static readonly Lazy<Dictionary<string, string>> Hosts = new(ReadHosts);
    private static readonly Lazy<bool> Hooked = new(Hook);

    /// <summary>The file this process itself has for an assembly of this name, or null.</summary>
    public static string? HostFile(string name) => Hosts.Value.GetValueOrDefault(name);

    /// <summary>Makes a managed assembly known.</summary>
    /// <param name="path">Its file.</param>
    /// <returns>The file that will be used: another one when the process already has the same assembly in the same version.</returns>
    /// <exception cref="PackageException">The process already has it in another version.</exception>
    public static string Add(string path)
    {
        _ = Hooked.Value;
        var name = Path.GetFileNameWithoutExtension(path);
        var used = Assemblies.GetOrAdd(name, path);
        if (string.Equals(used, path, StringComparison.Ordinal) || (Version(used) is { } mine && mine == Version(path)))
            return used;
        throw new PackageException($"{name} is in this process already, in version {Version(used)} from {used}, and cannot be had in version {Version(path)} as well; restart the kernel.");
    }

    /// <summary>Makes a native library known.</summary>
    public static void AddNative(string path)
    {
        _ = Hooked.Value;
        Natives.TryAdd(Path.GetFileName(path), path);
    }

    /// <summary>The version of an assembly's file, or null when it is not one.</summary>
    public static Version? Version(string path)
    {
        try
        {
            return AssemblyName.GetAssemblyName(path).Version;
        }
        catch (Exception e) when (e is IOException or BadImageFormatException)
        {
            return null;
        }
    }

    private static bool Hook()
    {
        AssemblyLoadContext.Default.Resolving += static (context, name) =>
            name.Name is { } wanted && Assemblies.TryGetValue(wanted, out var path) ? context.LoadFromAssemblyPath(path) : null;
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += static (_, name) => LoadNative(name);
        return true;
    }

    private static nint LoadNative(string name)
    {
        var (prefix, suffix) = OperatingSystem.IsWindows() ? ("", ".dll") : OperatingSystem.IsMacOS() ? ("lib", ".dylib") : ("lib", ".so");
        foreach (var candidate in new[] { name, name + suffix, prefix + name, prefix + name + suffix })
        {
            if (Natives.TryGetValue(candidate, out var path) && NativeLibrary.TryLoad(path, out var handle))
                return handle;
        }

        return 0;
    }

    private static Dictionary<string, string> ReadHosts()
    {
        var trusted = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var hosts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var path in trusted)
            hosts.TryAdd(Path.GetFileNameWithoutExtension(path), path);
        return hosts;
    }
}
