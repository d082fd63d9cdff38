using System.Security.Cryptography;
using System.Text.Json;

namespace FeatureInterp.Tests;

/// <summary>Every file under <c>data/</c> is what its manifest says, and nothing else is there.</summary>
public class ManifestTests
{
    private static readonly JsonElement[] Entries =
        [.. JsonDocument.Parse(File.ReadAllText(Repository.Data("manifest.json"))).RootElement.GetProperty("files").EnumerateArray()];

    public static TheoryData<string> Listed() => [.. Entries.Select(e => e.GetProperty("path").GetString()!)];

    [Fact]
    public void Manifest_ListsExactlyTheFilesThere()
    {
        var there = Directory.EnumerateFiles(Repository.Data(), "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Repository.Data(), f).Replace('\\', '/'))
            .Where(f => f != "manifest.json");
        Assert.Equal(there.Order(StringComparer.Ordinal), Listed().Select(row => row.Data).Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Listed))]
    public void Manifest_Entry_IsTheFile(string path)
    {
        var entry = Entries.Single(e => e.GetProperty("path").GetString() == path);
        var bytes = File.ReadAllBytes(Repository.Data(path.Split('/')));
        Assert.Equal(bytes.Length, entry.GetProperty("bytes").GetInt32());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), entry.GetProperty("sha256").GetString());
    }

    [Theory, MemberData(nameof(Listed))]
    public void Manifest_Entry_NamesOriginAndLicence(string path)
    {
        var entry = Entries.Single(e => e.GetProperty("path").GetString() == path);
        Assert.False(string.IsNullOrWhiteSpace(entry.GetProperty("origin").GetString()));
        Assert.False(string.IsNullOrWhiteSpace(entry.GetProperty("licence").GetString()));
    }
}
