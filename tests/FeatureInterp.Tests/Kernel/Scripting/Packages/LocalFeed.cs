using System.IO.Compression;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FeatureInterp.Tests.Kernel.Scripting.Packages;

/// <summary>
/// A notebook's folder with a feed of packages made here, and a <c>nuget.config</c> that knows no other feed and keeps what it restores in the
/// folder: nothing of these tests can reach a network or the user's packages.
/// </summary>
internal sealed class LocalFeed
{
    static LocalFeed() => Environment.SetEnvironmentVariable("FEATUREINTERP_CACHE", Directory.CreateTempSubdirectory("featureinterp-cache-").FullName);

    public LocalFeed()
    {
        Directory.CreateDirectory(Feed);
        File.WriteAllText(Path.Combine(Folder, "nuget.config"),
            "<configuration><config><add key=\"globalPackagesFolder\" value=\"restored\" /></config><packageSources><clear /></packageSources><fallbackPackageFolders><clear /></fallbackPackageFolders></configuration>");
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("featureinterp-").FullName;

    public string Feed => Path.Combine(Folder, "feed");

    /// <summary>Adds a package of these files and dependencies (<c>Id, Version</c>).</summary>
    public LocalFeed Add(string id, string version, (string Path, byte[] Content)[] files, params (string Id, string Version)[] dependencies)
    {
        using var zip = ZipFile.Open(Path.Combine(Feed, $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
        var needs = string.Concat(dependencies.Select(d => $"<dependency id=\"{d.Id}\" version=\"{d.Version}\" />"));
        Write(zip, $"{id}.nuspec", Encoding.UTF8.GetBytes(
            $"""
            <?xml version="1.0" encoding="utf-8"?>
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
              <metadata><id>{id}</id><version>{version}</version><authors>tests</authors><description>For a test.</description>
              <dependencies><group targetFramework="netstandard2.0">{needs}</group></dependencies></metadata>
            </package>
            """));
        foreach (var (path, content) in files)
            Write(zip, path, content);
        return this;
    }

    /// <summary>Adds a package of one assembly made of <paramref name="code"/>.</summary>
    public LocalFeed AddCode(string id, string version, string code, params (string Id, string Version)[] dependencies) =>
        Add(id, version, [($"lib/netstandard2.0/{id}.dll", Compile(id, version, code))], dependencies);

    /// <summary>An assembly of this name and version.</summary>
    public static byte[] Compile(string name, string version, string code, params byte[][] references)
    {
        using var stream = new MemoryStream();
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var result = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText($"[assembly: System.Reflection.AssemblyVersion(\"{version}.0\")]\n{code}")],
            [
                MetadataReference.CreateFromFile(typeof(object).Assembly.Location), MetadataReference.CreateFromFile(Path.Combine(framework, "System.Runtime.dll")),
                MetadataReference.CreateFromFile(Path.Combine(framework, "System.Text.Json.dll")), .. references.Select(r => MetadataReference.CreateFromImage(r)),
            ],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)).Emit(stream);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        return stream.ToArray();
    }

    private static void Write(ZipArchive zip, string path, byte[] content)
    {
        using var entry = zip.CreateEntry(path).Open();
        entry.Write(content);
    }
}
