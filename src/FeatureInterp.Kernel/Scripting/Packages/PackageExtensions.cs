using System.Collections.Immutable;
using FeatureInterp.Kernel.Notebooks;
using FeatureInterp.Kernel.Scripting.Magics;

namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>
/// What a package does for notebooks: <c>interactive-extensions/dotnet/extension.dib</c> is run, as .NET Interactive ran it. An assembly in that
/// folder is code against .NET Interactive's own kernel, which this is not.
/// </summary>
internal static class PackageExtensions
{
    /// <summary>Runs the packages' extensions; returns how one failed, or null.</summary>
    public static async Task<CellResult?> RunAsync(ImmutableArray<ResolvedPackage> packages, MagicContext context)
    {
        foreach (var package in packages)
        {
            var folder = Path.Combine(package.Folder, "interactive-extensions", "dotnet");
            if (!Directory.Exists(folder))
                continue;
            foreach (var assembly in Directory.EnumerateFiles(folder, "*.dll").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal))
                context.Show(MimeBundle.FromText($"{package.Id} {package.Version} brings the notebook extension {assembly}, which is written against .NET Interactive's own kernel (IKernelExtension) and is not loaded; the package's other types can be used."));
            var script = Path.Combine(folder, "extension.dib");
            if (File.Exists(script) && await ImportMagic.RunAsync(script, context).ConfigureAwait(false) is { } failed)
                return failed;
        }

        return null;
    }
}
