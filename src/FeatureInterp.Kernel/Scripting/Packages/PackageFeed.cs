using System.Text.RegularExpressions;

namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>Where packages come from besides what NuGet's own configuration names: an address, or a folder of <c>.nupkg</c> files.</summary>
internal static partial class PackageFeed
{
    /// <summary>Checks what <c>#i "nuget:…"</c> names; a relative folder starts at the notebook's.</summary>
    /// <exception cref="PackageException">It is neither an address nor a folder that exists.</exception>
    public static string Parse(string text, Func<string, string> resolve)
    {
        if (text.Length == 0)
            throw new PackageException("#i names no feed; wanted #i \"nuget:https://…\" or #i \"nuget:folder\".");
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            return text;
        var folder = resolve(address is { IsFile: true } ? address.LocalPath : text);
        return Directory.Exists(folder) ? folder
            : throw new PackageException($"There is no folder {folder} to take packages from; wanted #i \"nuget:https://…\" or #i \"nuget:folder\".");
    }

    /// <summary>The text without user names, passwords and query strings in the addresses it holds.</summary>
    public static string WithoutSecrets(string text) => Query().Replace(UserInfo().Replace(text, "${scheme}"), "${address}");

    [GeneratedRegex(@"(?<scheme>\b[a-z][a-z0-9+.-]*://)[^/\s@]*@", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"(?<address>\b[a-z][a-z0-9+.-]*://[^\s?#]*)[?#][^\s'""),;]*", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Query();
}
