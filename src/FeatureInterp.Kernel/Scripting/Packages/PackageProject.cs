using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Xml.Linq;

namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>The project that is restored to find packages: all a session has asked for so far, so that their versions fit together.</summary>
/// <param name="Requests">The packages.</param>
/// <param name="Feeds">Feeds beside those of NuGet's configuration.</param>
/// <param name="ConfigFolder">The folder whose <c>nuget.config</c>, or that of a folder above it, holds; null for the user's.</param>
internal sealed record PackageProject(ImmutableArray<PackageRequest> Requests, ImmutableArray<string> Feeds, string? ConfigFolder)
{
    /// <summary>The framework of this process, as NuGet names it.</summary>
    public static string Framework { get; } = string.Create(CultureInfo.InvariantCulture, $"net{Environment.Version.Major}.{Environment.Version.Minor}");

    /// <summary>The kind of machine, as NuGet names it.</summary>
    public static string Machine { get; } = string.Create(CultureInfo.InvariantCulture, $"{System}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}");

    /// <summary>What the restored files are listed under.</summary>
    public static string Target => $"{Framework}/{Machine}";

    private static string System =>
        OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx"
        : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) || RuntimeInformation.RuntimeIdentifier.StartsWith("alpine", StringComparison.Ordinal) ? "linux-musl" : "linux";

    /// <summary>The project's text. Nothing above its folder is imported, and no runtime is downloaded for it.</summary>
    public string ToXml() => new XElement("Project",
        new XAttribute("Sdk", "Microsoft.NET.Sdk"),
        new XElement("PropertyGroup",
            new XElement("TargetFramework", Framework),
            new XElement("RuntimeIdentifier", Machine),
            new XElement("SelfContained", "false"),
            new XElement("UseAppHost", "false"),
            new XElement("DisableTransitiveFrameworkReferenceDownloads", "true"),
            new XElement("ManagePackageVersionsCentrally", "false"),
            new XElement("NuGetAudit", "false"),
            new XElement("TreatWarningsAsErrors", "false"),
            ConfigFolder is null ? null : new XElement("RestoreRootConfigDirectory", ConfigFolder),
            Feeds.IsEmpty ? null : new XElement("RestoreAdditionalProjectSources", string.Join(';', Feeds))),
        new XElement("ItemGroup", Requests.Select(r => new XElement("PackageReference", new XAttribute("Include", r.Id), new XAttribute("Version", r.Version))))).ToString();
}
