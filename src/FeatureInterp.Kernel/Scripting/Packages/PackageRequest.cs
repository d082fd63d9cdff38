using System.Text.RegularExpressions;

namespace FeatureInterp.Kernel.Scripting.Packages;

/// <summary>A package a cell asks for.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">The version as NuGet writes them (<c>1.2.3</c>, <c>1.*</c>, <c>*</c>, <c>*-*</c>, <c>[1.0, 2.0)</c>); <c>*</c> when none was given.</param>
internal sealed partial record PackageRequest(string Id, string Version)
{
    /// <summary>What stands for the newest version.</summary>
    public const string Newest = "*";

    /// <summary>Whether the same request can give another version tomorrow.</summary>
    public bool IsFloating => Version.Contains('*', StringComparison.Ordinal) || Version.Contains(',', StringComparison.Ordinal);

    /// <summary>Whether it names one version and nothing else.</summary>
    public bool IsExact => !IsFloating && !Version.StartsWith('[') && !Version.StartsWith('(');

    /// <summary>Reads <c>Id</c> or <c>Id, Version</c>.</summary>
    /// <exception cref="PackageException">It is neither.</exception>
    public static PackageRequest Parse(string text)
    {
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        var id = (comma < 0 ? text : text[..comma]).Trim();
        var version = comma < 0 ? Newest : text[(comma + 1)..].Trim();
        if (!IdPattern().IsMatch(id))
            throw new PackageException($"'{id}' is not the id of a package; wanted #r \"nuget: Id, Version\".");
        return VersionPattern().IsMatch(version) ? new(id, version)
            : throw new PackageException($"'{version}' is not a version of {id}; wanted one such as 1.2.3, 1.*, * or *-*.");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Equals(Version, Newest, StringComparison.Ordinal) ? Id : $"{Id} {Version}";

    [GeneratedRegex(@"^\w+([_.-]\w+)*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IdPattern();

    [GeneratedRegex(@"^([0-9A-Za-z.*+-]{1,64}|[\[(][0-9A-Za-z.*+, -]{1,130}[\])])\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionPattern();
}
