using System.Xml.Linq;

namespace FeatureInterp.Tests;

/// <summary>The house's one-way arrows: a project may reference only what stands below it.</summary>
public class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["FeatureInterp.Tensors"] = [],
        ["FeatureInterp.Models"] = ["FeatureInterp.Tensors"],
        ["FeatureInterp.Saes"] = ["FeatureInterp.Models"],
        ["FeatureInterp.Display"] = [],
        ["FeatureInterp.Storage"] = ["FeatureInterp.Saes"],
        ["FeatureInterp.Analysis"] = ["FeatureInterp.Saes", "FeatureInterp.Display"],
        ["FeatureInterp.Explain"] = ["FeatureInterp.Analysis", "FeatureInterp.Storage"],
        ["FeatureInterp.Kernel"] = ["FeatureInterp.Explain", "FeatureInterp.Analysis"],
    };

    public static TheoryData<string> Projects() =>
        new(Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(p => Path.GetFileName(p)!));

    [Theory, MemberData(nameof(Projects))]
    public void ProjectReferences_AreTheAllowedOnes(string project)
    {
        var file = XDocument.Load(Path.Combine(Repository.Root, "src", project, project + ".csproj"));
        var found = file.Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!));
        Assert.True(Allowed.ContainsKey(project), $"{project} is not in the design: add it to the arrows first");
        Assert.Empty(found.Except(Allowed[project]));
    }

    [Fact]
    public void OnlyTensors_AllowsUnsafeBlocks()
    {
        var unsafeProjects = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(f => File.ReadAllText(f).Contains("AllowUnsafeBlocks", StringComparison.Ordinal))
            .Select(f => Path.GetFileNameWithoutExtension(f));
        Assert.Equal(["FeatureInterp.Tensors"], unsafeProjects);
    }
}
