using System.Collections.Immutable;

namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>What a restore gave: every package with what it depends on, and the files they bring.</summary>
/// <param name="Packages">The packages, in order of id.</param>
/// <param name="Assemblies">Managed assemblies for this machine, full paths.</param>
/// <param name="Natives">Native libraries for this machine, full paths.</param>
internal sealed record PackageSet(ImmutableArray<ResolvedPackage> Packages, ImmutableArray<string> Assemblies, ImmutableArray<string> Natives)
{
    /// <summary>Whether everything is still where it was.</summary>
    public bool IsThere => Packages.All(p => Directory.Exists(p.Folder)) && Assemblies.All(File.Exists) && Natives.All(File.Exists);

    /// <summary>The version a package was resolved to, or null.</summary>
    public string? VersionOf(string id) => Packages.FirstOrDefault(p => string.Equals(p.Id, id, StringComparison.OrdinalIgnoreCase))?.Version;
}

/// <summary>One package on this machine.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Folder">Where its files lie.</param>
internal sealed record ResolvedPackage(string Id, string Version, string Folder);
