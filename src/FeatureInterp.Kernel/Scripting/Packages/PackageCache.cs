using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FeatureInterp.Kernel.Notebooks;

namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>
/// Remembers what a restore gave, so that the next run of a notebook starts no restore and needs no network: one small JSON file per set of
/// packages, feeds and machine, under <c>FEATUREINTERP_CACHE</c>, <c>XDG_CACHE_HOME</c>/featureinterp or <c>~/.cache/featureinterp</c>.
/// </summary>
internal static class PackageCache
{
    /// <summary>The folder.</summary>
    public static string Folder
    {
        get
        {
            var own = Environment.GetEnvironmentVariable("FEATUREINTERP_CACHE");
            var shared = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            var root = !string.IsNullOrEmpty(own) ? own
                : Path.Combine(!string.IsNullOrEmpty(shared) ? shared : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "featureinterp");
            return Path.Combine(Path.GetFullPath(root), "packages");
        }
    }

    /// <summary>What this project gave last time, if its files are still there; null otherwise.</summary>
    public static PackageSet? Find(PackageProject project)
    {
        try
        {
            var path = PathOf(project);
            return File.Exists(path) && JsonSerializer.Deserialize<PackageSet>(File.ReadAllText(path)) is { Packages.IsDefault: false, Assemblies.IsDefault: false, Natives.IsDefault: false } set && set.IsThere
                ? set : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Remembers it; not being able to costs only time.</summary>
    public static void Keep(PackageProject project, PackageSet set)
    {
        try
        {
            Directory.CreateDirectory(Folder);
            AtomicFile.Write(PathOf(project), JsonSerializer.Serialize(set));
        }
        catch (Exception e) when (e is NotebookException or IOException or UnauthorizedAccessException)
        {
            // The next run restores again.
        }
    }

    private static string PathOf(PackageProject project) =>
        Path.Combine(Folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(project.ToXml()))) + ".json");
}
