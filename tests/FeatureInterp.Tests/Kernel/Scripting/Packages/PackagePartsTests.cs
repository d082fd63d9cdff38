using FeatureInterp.Kernel.Scripting.Packages;

namespace FeatureInterp.Tests.Kernel.Scripting.Packages;

public class PackagePartsTests
{
    [Theory]
    [InlineData("A.B", "A.B", "*", true, false)]
    [InlineData(" A.B ,1.2.3-rc.1 ", "A.B", "1.2.3-rc.1", false, true)]
    [InlineData("A, 1.*", "A", "1.*", true, false)]
    [InlineData("A, *-*", "A", "*-*", true, false)]
    [InlineData("A, [1.0, 2.0)", "A", "[1.0, 2.0)", true, false)]
    [InlineData("A, [1.0]", "A", "[1.0]", false, false)]
    public void Request_IsRead(string text, string id, string version, bool floating, bool exact)
    {
        var request = PackageRequest.Parse(text);
        Assert.Equal((id, version, floating, exact), (request.Id, request.Version, request.IsFloating, request.IsExact));
    }

    [Theory]
    [InlineData("asked: https://joe:s3cret@host/v3/index.json?token=abc, /a/b", "asked: https://host/v3/index.json, /a/b")]
    [InlineData("http://user@host/x and HTTPS://u:p@h", "http://host/x and HTTPS://h")]
    [InlineData("https://host/v3/index.json", "https://host/v3/index.json")]
    [InlineData("mail joe@host", "mail joe@host")]
    public void Secrets_LeaveTheText(string text, string clean) => Assert.Equal(clean, PackageFeed.WithoutSecrets(text));

    [Fact]
    public void Project_EscapesWhatItIsGiven()
    {
        var xml = new PackageProject([new("A", "1.0")], ["/a&b<c>"], null).ToXml();
        Assert.Contains("/a&amp;b&lt;c&gt;", xml);
        Assert.Contains("<PackageReference Include=\"A\" Version=\"1.0\" />", xml);
    }

    [Fact]
    public void Assets_FilesOfTheMachine_AreTakenAndPlaceholdersAreNot()
    {
        var root = Directory.CreateTempSubdirectory("featureinterp-").FullName;
        Directory.CreateDirectory(Path.Combine(root, "a", "1.0.0"));
        Directory.CreateDirectory(Path.Combine(root, "b", "2.0.0"));
        var set = AssetsFile.Read($$"""
            {
              "packageFolders": { {{System.Text.Json.JsonSerializer.Serialize(root)}}: {} },
              "libraries": { "B/2.0.0": { "path": "b/2.0.0" }, "A/1.0.0": { "path": "a/1.0.0" } },
              "targets": {
                "net10.0": { "A/1.0.0": { "type": "package", "runtime": { "lib/wrong.dll": {} } } },
                "net10.0/here": {
                  "B/2.0.0": { "type": "package", "native": { "runtimes/here/native/b.so": {} } },
                  "A/1.0.0": { "type": "package", "runtime": { "lib/a.dll": {}, "lib/_._": {} } },
                  "P/1.0.0": { "type": "project" }
                }
              }
            }
            """, "net10.0/here");
        Assert.Equal(["A", "B"], set.Packages.Select(p => p.Id));
        Assert.Equal([Path.Combine(root, "a", "1.0.0", "lib", "a.dll")], set.Assemblies);
        Assert.Equal([Path.Combine(root, "b", "2.0.0", "runtimes", "here", "native", "b.so")], set.Natives);
        Assert.False(set.IsThere);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"packageFolders\":{},\"libraries\":{},\"targets\":{}}")]
    [InlineData("{\"packageFolders\":{},\"libraries\":{},\"targets\":{\"t\":{\"A\":{\"type\":\"package\"}}}}")]
    [InlineData("{\"packageFolders\":{},\"libraries\":{\"A/1\":{\"path\":\"a\"}},\"targets\":{\"t\":{\"A/1\":{\"type\":\"package\"}}}}")]
    public void Assets_Malformed_AreAPackageException(string json) => Assert.Throws<PackageException>(() => AssetsFile.Read(json, "t"));

    [Fact]
    public void Assets_Errors_AreOneLineWithTheFeeds()
    {
        var error = AssetsFile.Error("""
            {"project":{"restore":{"sources":{"https://host/v3":{},"/folder":{}}}},
             "logs":[{"code":"NU1603","level":"Warning","message":"w"},{"code":"NU1102","level":"Error","message":"Unable to find A\n  - Found 3 versions in host."}]}
            """)!.Value;
        Assert.Equal(("NU1102", "Unable to find A - Found 3 versions in host"), (error.Code, error.Message));
        Assert.Equal(["https://host/v3", "/folder"], error.Feeds);
        Assert.Null(AssetsFile.Error("{\"project\":{\"restore\":{}}}"));
        Assert.Null(AssetsFile.Error("nothing"));
    }

    [Fact]
    public void Loader_SecondVersionOfAnAssembly_IsRefused()
    {
        var folder = Directory.CreateTempSubdirectory("featureinterp-").FullName;
        string Write(string version, string sub)
        {
            Directory.CreateDirectory(Path.Combine(folder, sub));
            var path = Path.Combine(folder, sub, "FiTest.Loaded.dll");
            File.WriteAllBytes(path, LocalFeed.Compile("FiTest.Loaded", version, "public class L { }"));
            return path;
        }

        var first = Write("1.0.0", "a");
        Assert.Equal(first, PackageLoader.Add(first));
        Assert.Equal(first, PackageLoader.Add(Write("1.0.0", "b")));
        Assert.Contains("restart the kernel", Assert.Throws<PackageException>(() => PackageLoader.Add(Write("2.0.0", "c"))).Message);
    }
}
