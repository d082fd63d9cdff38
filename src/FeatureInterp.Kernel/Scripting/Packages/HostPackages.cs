namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>Packages that need no restoring because this program is them.</summary>
internal static class HostPackages
{
    // What notebooks written for .NET Interactive ask for to format values and to call the kernel.
    private static readonly string[] Notebooks = ["Microsoft.DotNet.Interactive", "Microsoft.DotNet.Interactive.Formatting", "Microsoft.DotNet.Interactive.CSharp"];

    /// <summary>A sentence saying so, or null when the package has to be restored.</summary>
    public static string? Note(PackageRequest request)
    {
        if (Notebooks.Contains(request.Id, StringComparer.OrdinalIgnoreCase))
            return $"{request.Id} is part of this kernel, as far as it is offered here; nothing is restored.";
        var isOurs = string.Equals(request.Id, "FeatureInterp", StringComparison.OrdinalIgnoreCase)
            || (request.Id.StartsWith("FeatureInterp.", StringComparison.OrdinalIgnoreCase) && PackageLoader.HostFile(request.Id) is not null);
        return isOurs ? $"{request.Id} is part of this program, in version {typeof(HostPackages).Assembly.GetName().Version?.ToString(3)}; nothing is restored." : null;
    }
}
