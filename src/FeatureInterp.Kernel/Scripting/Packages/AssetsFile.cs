using System.Collections.Immutable;
using System.Text.Json;

namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>Reads the <c>project.assets.json</c> a restore leaves: what it chose for one framework and one machine, or why it could not.</summary>
internal static class AssetsFile
{
    /// <summary>A package without files for a place has a file of this name there.</summary>
    private const string Nothing = "_._";

    /// <summary>The files chosen.</summary>
    /// <param name="json">The file's text.</param>
    /// <param name="target">Framework and machine, as <c>net10.0/linux-x64</c>.</param>
    /// <exception cref="PackageException">It is not of the form it should be.</exception>
    public static PackageSet Read(string json, string target)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var roots = root.GetProperty("packageFolders").EnumerateObject().Select(f => f.Name).ToList();
            var libraries = root.GetProperty("libraries");
            var packages = ImmutableArray.CreateBuilder<ResolvedPackage>();
            var assemblies = ImmutableArray.CreateBuilder<string>();
            var natives = ImmutableArray.CreateBuilder<string>();
            foreach (var library in root.GetProperty("targets").GetProperty(target).EnumerateObject().Where(l => IsPackage(l.Value)))
            {
                var slash = library.Name.IndexOf('/', StringComparison.Ordinal);
                var path = libraries.GetProperty(library.Name).GetProperty("path").GetString()!;
                var folder = roots.Select(r => Path.Combine(r, path)).FirstOrDefault(Directory.Exists)
                    ?? throw new PackageException($"The package {library.Name} was restored, but its folder {path} is in none of {string.Join(", ", roots)}; restore it again.");
                packages.Add(new ResolvedPackage(library.Name[..slash], library.Name[(slash + 1)..], folder));
                assemblies.AddRange(Files(library.Value, "runtime", folder));
                natives.AddRange(Files(library.Value, "native", folder));
            }

            return new PackageSet([.. packages.OrderBy(p => p.Id, StringComparer.OrdinalIgnoreCase)], assemblies.ToImmutable(), natives.ToImmutable());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new PackageException($"The list of restored files is not of the form this program reads ({e.Message.TrimEnd('.')}); is the SDK much newer than it?");
        }
    }

    /// <summary>The first error a restore logged, as its code and NuGet's own words in one line, and the feeds it asked; null when there is none.</summary>
    public static (string Code, string Message, ImmutableArray<string> Feeds)? Error(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var feeds = document.RootElement.GetProperty("project").GetProperty("restore").TryGetProperty("sources", out var sources)
                ? sources.EnumerateObject().Select(s => s.Name).ToImmutableArray() : [];
            if (!document.RootElement.TryGetProperty("logs", out var logs))
                return null;
            foreach (var log in logs.EnumerateArray())
            {
                if (log.GetProperty("level").GetString() is "Error")
                    return (log.GetProperty("code").GetString() ?? "", OneLine(log.GetProperty("message").GetString() ?? ""), feeds);
            }

            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Text over several lines as one.</summary>
    public static string OneLine(string text) => string.Join(' ', text.Split(['\n', '\r', ' '], StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');

    private static bool IsPackage(JsonElement library) => library.TryGetProperty("type", out var type) && type.GetString() is "package";

    private static IEnumerable<string> Files(JsonElement library, string kind, string folder) => library.TryGetProperty(kind, out var files)
        ? [.. files.EnumerateObject().Select(f => f.Name).Where(n => !n.EndsWith("/" + Nothing, StringComparison.Ordinal)).Select(n => Path.GetFullPath(n, folder))]
        : [];
}
